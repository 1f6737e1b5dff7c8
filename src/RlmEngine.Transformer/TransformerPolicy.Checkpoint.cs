using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using RlmEngine.Checkpoints;
using RlmEngine.Policies;

namespace RlmEngine.Transformer;

/// <content>Saving and loading: Hugging Face folders, the optimizer's moments, the hash of all weights.</content>
public sealed partial class TransformerPolicy
{
    private const string ConfigFile = ModelOrigin.ConfigFile;
    private const string OptimizerFile = "optimizer.safetensors";
    private const string WeightPrefix = "weight.";
    private const string FirstPrefix = "exp_avg.";
    private const string SecondPrefix = "exp_avg_sq.";
    private const string CountKey = "step";

    /// <summary>Reads a Llama, Qwen2 or Qwen3: config.json and model.safetensors, or its shards, of F32, F16 or BF16.</summary>
    /// <param name="folder">A folder in Hugging Face's layout.</param>
    /// <param name="compute">What products read: the weights, or their bfloat16 roundings.</param>
    /// <param name="recompute">What backward computes again.</param>
    /// <exception cref="InvalidDataException">
    /// A file is missing, cut off, of an unsupported model type, or they do not match: a tensor is missing, of another shape or unknown.
    /// </exception>
    public static TransformerPolicy Load(string folder, WeightType compute = WeightType.Float32, Recomputation recompute = Recomputation.None)
    {
        ModelOrigin origin = ModelOrigin.Read(folder);
        using SafetensorsFolder files = SafetensorsFolder.Open(folder);
        WeightFiles.Check(origin.Config, files);
        TransformerPolicy policy = Empty(origin.Config with { Compute = compute, Recompute = recompute }, origin);
        try
        {
            files.Read(
                [.. policy.Tensors.Select(tensor => (tensor.Name, ShapeOf(tensor)))],
                index => new WeightSlice(policy.Tensors[index]).Of(policy._weights.Values));
            policy._weights.Follow();
            return policy;
        }
        catch
        {
            policy.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void SaveWeights(string folder, WeightType type = WeightType.Float32) => SaveWeights(folder, type, SafetensorsFolderWriter.DefaultShardBytes);

    /// <summary>Writes config.json and the weights into an existing folder, in several files where one would be too large.</summary>
    /// <param name="folder">The folder; what an earlier model left in it is replaced.</param>
    /// <param name="type">How the weights are stored; float32 is exact.</param>
    /// <param name="shardBytes">Bytes of tensors from which a next file is begun.</param>
    /// <exception cref="IOException">It cannot be written, as on a full disk.</exception>
    public void SaveWeights(string folder, WeightType type, long shardBytes)
    {
        string name = SafetensorsEntry.NameOf(type);
        HuggingFaceConfig.Write(Config, Path.Combine(folder, ConfigFile), name, Origin);
        if (Origin?.GenerationJson is { } generation)
            File.WriteAllBytes(Path.Combine(folder, ModelOrigin.GenerationFile), generation);
        new SafetensorsFolderWriter(folder, shardBytes).Write(
            [.. Tensors.Select(tensor => new SafetensorsEntry(tensor.Name, name, ShapeOf(tensor)))],
            (entry, writer) => writer.Write(SliceOf(entry.Name).Of(_weights.Values)));
    }

    /// <inheritdoc/>
    public void SaveOptimizer(string folder, bool withWeights = false)
    {
        TrainingState state = Training;
        Dictionary<string, string> metadata = new() { [CountKey] = state.Count.ToString(CultureInfo.InvariantCulture) };
        List<SafetensorsEntry> entries = [.. Entries(FirstPrefix), .. Entries(SecondPrefix), .. withWeights ? Entries(WeightPrefix) : []];
        using SafetensorsWriter writer = new(Path.Combine(folder, OptimizerFile), entries, metadata);
        Write(writer, state.FirstMoments);
        Write(writer, state.SecondMoments);
        if (withWeights)
            Write(writer, _weights.Values);
        writer.Complete();
    }

    /// <inheritdoc/>
    public void LoadOptimizer(string folder)
    {
        TrainingState state = Training;
        string path = Path.Combine(folder, OptimizerFile);
        using SafetensorsFile file = OpenOptimizer(path);
        int count = StepsOf(file, path, Tensors.Count, out bool hasWeights);
        Read(file, FirstPrefix, state.FirstMoments);
        Read(file, SecondPrefix, state.SecondMoments);
        if (hasWeights)
        {
            Read(file, WeightPrefix, _weights.Values);
            _weights.Follow();
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

    internal static long[] ShapeOf(WeightTensor tensor) => [.. tensor.Shape.Select(extent => (long)extent)];

    /// <summary>Opens an optimizer's file.</summary>
    /// <exception cref="InvalidDataException">It is missing or cut off.</exception>
    internal static SafetensorsFile OpenOptimizer(string path)
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

    /// <summary>The steps an optimizer's file counts.</summary>
    /// <exception cref="InvalidDataException">It does not say, or is of a model of another number of tensors.</exception>
    internal static int StepsOf(SafetensorsFile file, string path, int tensors, out bool hasWeights)
    {
        if (!file.Metadata.TryGetValue(CountKey, out string? text)
            || !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count))
            throw new InvalidDataException($"{path}: the number of steps is missing");
        hasWeights = file.Tensors.Any(tensor => tensor.Name.StartsWith(WeightPrefix, StringComparison.Ordinal));
        int needed = (hasWeights ? 3 : 2) * tensors;
        return file.Tensors.Count == needed
            ? count
            : throw new InvalidDataException($"{path}: {file.Tensors.Count} tensors where this model has {needed}");
    }

    private void Read(SafetensorsFile file, string prefix, FloatBuffer buffer)
    {
        foreach (WeightTensor tensor in Tensors)
            file.Read(prefix + tensor.Name, ShapeOf(tensor), new WeightSlice(tensor).Of(buffer));
    }

    private IEnumerable<SafetensorsEntry> Entries(string prefix)
        => Tensors.Select(tensor => new SafetensorsEntry(prefix + tensor.Name, ShapeOf(tensor)));

    private void Write(SafetensorsWriter writer, FloatBuffer buffer)
    {
        foreach (WeightTensor tensor in Tensors)
            writer.Write(new WeightSlice(tensor).Of(buffer));
    }
}
