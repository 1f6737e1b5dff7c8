using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using RlmEngine.Checkpoints;

namespace RlmEngine.Transformer;

/// <content>Saving and loading: Hugging Face folders, the optimizer's moments, the hash of all weights.</content>
public sealed partial class TransformerPolicy
{
    private const string ConfigFile = ModelOrigin.ConfigFile;
    private const string WeightsFile = "model.safetensors";
    private const string OptimizerFile = "optimizer.safetensors";
    private const string FirstPrefix = "exp_avg.";
    private const string SecondPrefix = "exp_avg_sq.";
    private const string CountKey = "step";

    /// <summary>Reads config.json and model.safetensors of a Llama, Qwen2 or Qwen3 in float32.</summary>
    /// <param name="folder">A folder in Hugging Face's layout.</param>
    /// <exception cref="InvalidDataException">A file is missing, cut off, of an unsupported model type, or does not match the other.</exception>
    public static TransformerPolicy Load(string folder)
    {
        ModelOrigin origin = ModelOrigin.Read(folder);
        TransformerPolicy policy = Empty(origin.Config, origin);
        try
        {
            using SafetensorsFile file = Open(Path.Combine(folder, WeightsFile));
            foreach (WeightTensor tensor in policy.Tensors)
                file.Read(tensor.Name, ShapeOf(tensor), new WeightSlice(tensor).Of(policy._weights.Values));
            policy._weights.Pack();
            return policy;
        }
        catch
        {
            policy.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void SaveWeights(string folder)
    {
        HuggingFaceConfig.Write(Config, Path.Combine(folder, ConfigFile), "F32", Origin);
        if (Origin?.GenerationJson is { } generation)
            File.WriteAllBytes(Path.Combine(folder, ModelOrigin.GenerationFile), generation);
        using SafetensorsWriter writer = new(
            Path.Combine(folder, WeightsFile), [.. Tensors.Select(tensor => new SafetensorsEntry(tensor.Name, ShapeOf(tensor)))]);
        Write(writer, _weights.Values);
        writer.Complete();
    }

    /// <inheritdoc/>
    public void SaveOptimizer(string folder)
    {
        TrainingState state = Training;
        Dictionary<string, string> metadata = new() { [CountKey] = state.Count.ToString(CultureInfo.InvariantCulture) };
        using SafetensorsWriter writer = new(Path.Combine(folder, OptimizerFile), [.. Entries(FirstPrefix), .. Entries(SecondPrefix)], metadata);
        Write(writer, state.FirstMoments);
        Write(writer, state.SecondMoments);
        writer.Complete();
    }

    /// <inheritdoc/>
    public void LoadOptimizer(string folder)
    {
        TrainingState state = Training;
        string path = Path.Combine(folder, OptimizerFile);
        using SafetensorsFile file = Open(path);
        if (!file.Metadata.TryGetValue(CountKey, out string? text)
            || !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count))
            throw new InvalidDataException($"{path}: the number of steps is missing");
        if (file.Tensors.Count != 2 * Tensors.Count)
            throw new InvalidDataException($"{path}: {file.Tensors.Count} tensors where this model has {2 * Tensors.Count}");
        foreach (WeightTensor tensor in Tensors)
        {
            file.Read(FirstPrefix + tensor.Name, ShapeOf(tensor), new WeightSlice(tensor).Of(state.FirstMoments));
            file.Read(SecondPrefix + tensor.Name, ShapeOf(tensor), new WeightSlice(tensor).Of(state.SecondMoments));
        }

        state.Count = count;
    }

    /// <inheritdoc/>
    public string WeightsHash()
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (WeightTensor tensor in Tensors)
        {
            const int Piece = 1 << 20;
            for (int from = 0; from < tensor.Length; from += Piece)
            {
                int length = Math.Min(Piece, tensor.Length - from);
                hash.AppendData(MemoryMarshal.AsBytes(_weights.Values.Span(tensor.Offset + from, length)));
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static long[] ShapeOf(WeightTensor tensor) => [.. tensor.Shape.Select(extent => (long)extent)];

    private static SafetensorsFile Open(string path)
    {
        try
        {
            return SafetensorsFile.Open(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InvalidDataException($"{path} is missing", e);
        }
    }

    private IEnumerable<SafetensorsEntry> Entries(string prefix)
        => Tensors.Select(tensor => new SafetensorsEntry(prefix + tensor.Name, ShapeOf(tensor)));

    private void Write(SafetensorsWriter writer, FloatBuffer buffer)
    {
        foreach (WeightTensor tensor in Tensors)
            writer.Write(new WeightSlice(tensor).Of(buffer));
    }
}
