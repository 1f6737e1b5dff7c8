using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using RlmEngine.Checkpoints;
using RlmEngine.Policies;
using RlmEngine.Transformer;
using TorchSharp;
using static TorchSharp.torch;

namespace RlmEngine.Torch;

/// <content>Making, loading and saving: the same folders and files as the embedded transformer's, so that a run may change its device.</content>
public sealed partial class TorchPolicy
{
    private const string OptimizerFile = "optimizer.safetensors";
    private const string WeightPrefix = "weight.";
    private const string FirstPrefix = "exp_avg.";
    private const string SecondPrefix = "exp_avg_sq.";
    private const string CountKey = "step";

    /// <summary>A new model with random weights, the bits of the embedded transformer's.</summary>
    /// <param name="config">Its shape.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="device">Where it lives.</param>
    /// <exception cref="ArgumentException">The shape is impossible.</exception>
    public static TorchPolicy Create(ModelConfig config, ulong seed, TorchDevice device)
    {
        ArgumentNullException.ThrowIfNull(config);
        return Make(config.Checked(), null, device, (layout, masters) =>
        {
            for (int i = 0; i < layout.Tensors.Count; i++)
            {
                WeightTensor tensor = layout.Tensors[i];
                WeightInitializer.FillRows(config, tensor, i, 0, HostMemory.Floats(masters, tensor.Offset, tensor.Length), seed);
            }
        });
    }

    /// <summary>Reads a Llama, Qwen2 or Qwen3: config.json and model.safetensors, or its shards, of F32, F16 or BF16.</summary>
    /// <param name="folder">A folder in Hugging Face's layout.</param>
    /// <param name="device">Where it is to live.</param>
    /// <param name="compute">What products read: the weights, or their bfloat16 roundings.</param>
    /// <param name="recompute">What backward computes again.</param>
    /// <exception cref="InvalidDataException">
    /// A file is missing, cut off, of an unsupported model type, or they do not match: a tensor is missing, of another shape or unknown.
    /// </exception>
    public static TorchPolicy Load(
        string folder, TorchDevice device, WeightType compute = WeightType.Float32, Recomputation recompute = Recomputation.None)
    {
        ModelOrigin origin = ModelOrigin.Read(folder);
        using SafetensorsFolder files = SafetensorsFolder.Open(folder);
        WeightFiles.Check(origin.Config, files);
        return Make(origin.Config with { Compute = compute, Recompute = recompute }, origin, device, (layout, masters) => files.Read(
            [.. layout.Tensors.Select(tensor => (tensor.Name, TransformerPolicy.ShapeOf(tensor)))],
            index => HostMemory.Floats(masters, layout.Tensors[index].Offset, layout.Tensors[index].Length)));
    }

    /// <inheritdoc/>
    public void SaveWeights(string folder, WeightType type = WeightType.Float32)
    {
        string name = SafetensorsEntry.NameOf(type);
        HuggingFaceConfig.Write(Config, Path.Combine(folder, ModelOrigin.ConfigFile), name, Origin);
        if (Origin?.GenerationJson is { } generation)
            File.WriteAllBytes(Path.Combine(folder, ModelOrigin.GenerationFile), generation);
        new SafetensorsFolderWriter(folder).Write(
            [.. Tensors.Select(tensor => new SafetensorsEntry(tensor.Name, name, TransformerPolicy.ShapeOf(tensor)))],
            (entry, writer) => Visit(_weights.Masters, _weights.Layout[entry.Name], writer.Write));
    }

    /// <inheritdoc/>
    public void SaveOptimizer(string folder, bool withWeights = false)
    {
        TorchTraining state = Training;
        Dictionary<string, string> metadata = new() { [CountKey] = state.Count.ToString(CultureInfo.InvariantCulture) };
        List<SafetensorsEntry> entries = [.. Entries(FirstPrefix), .. Entries(SecondPrefix), .. withWeights ? Entries(WeightPrefix) : []];
        using SafetensorsWriter writer = new(Path.Combine(folder, OptimizerFile), entries, metadata);
        Tensor[] parts = [state.FirstMoments, state.SecondMoments, .. withWeights ? [_weights.Masters] : Array.Empty<Tensor>()];
        foreach (Tensor part in parts)
        {
            foreach (WeightTensor tensor in Tensors)
                Visit(part, tensor, writer.Write);
        }

        writer.Complete();
    }

    /// <inheritdoc/>
    public void LoadOptimizer(string folder)
    {
        TorchTraining state = Training;
        string path = Path.Combine(folder, OptimizerFile);
        using SafetensorsFile file = TransformerPolicy.OpenOptimizer(path);
        int count = TransformerPolicy.StepsOf(file, path, Tensors.Count, out bool hasWeights);
        Read(file, FirstPrefix, state.FirstMoments);
        Read(file, SecondPrefix, state.SecondMoments);
        if (hasWeights)
        {
            Read(file, WeightPrefix, _weights.Masters);
            _weights.Follow();
        }

        state.Count = count;
    }

    /// <inheritdoc/>
    public string WeightsHash()
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (WeightTensor tensor in Tensors)
            Visit(_weights.Masters, tensor, numbers => hash.AppendData(MemoryMarshal.AsBytes(numbers)));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>A copy of a tensor's numbers.</summary>
    /// <param name="name">Hugging Face's name.</param>
    internal float[] Weight(string name) => Copy(_weights.Masters, name);

    /// <summary>A copy of a tensor's accumulated gradient.</summary>
    /// <param name="name">Hugging Face's name.</param>
    internal float[] Gradient(string name) => Copy(Training.Gradients, name);

    private static TorchPolicy Make(ModelConfig config, ModelOrigin? origin, TorchDevice device, Action<WeightLayout, Tensor> fill)
    {
        ArgumentNullException.ThrowIfNull(device);
        WeightLayout layout = new(config);
        Tensor masters = TorchWeights.HostMasters(layout);
        try
        {
            fill(layout, masters);
        }
        catch
        {
            masters.Dispose();
            throw;
        }

        return new TorchPolicy(device, new TorchWeights(config, layout, masters, device.Device)) { Origin = origin };
    }

    // In pieces of the host's memory, copied where they lie elsewhere.
    private static void Visit(Tensor flat, WeightTensor tensor, ReadOnlySpanAction visit)
    {
        const int Piece = 1 << 20;
        for (int from = 0; from < tensor.Length; from += Piece)
        {
            using DisposeScope scope = NewDisposeScope();
            visit(HostMemory.Floats(flat.narrow(0, tensor.Offset + from, Math.Min(Piece, tensor.Length - from)).cpu()));
        }
    }

    private float[] Copy(Tensor flat, string name)
    {
        List<float> numbers = [];
        Visit(flat, _weights.Layout[name], piece => numbers.AddRange(piece));
        return [.. numbers];
    }

    private void Read(SafetensorsFile file, string prefix, Tensor flat)
    {
        foreach (WeightTensor tensor in Tensors)
        {
            using DisposeScope scope = NewDisposeScope();
            using IDisposable none = no_grad();
            Tensor part = empty(tensor.Length, dtype: ScalarType.Float32);
            file.Read(prefix + tensor.Name, TransformerPolicy.ShapeOf(tensor), HostMemory.Floats(part));
            flat.narrow(0, tensor.Offset, tensor.Length).copy_(part);
        }
    }

    private IEnumerable<SafetensorsEntry> Entries(string prefix)
        => Tensors.Select(tensor => new SafetensorsEntry(prefix + tensor.Name, TransformerPolicy.ShapeOf(tensor)));

    private delegate void ReadOnlySpanAction(ReadOnlySpan<float> numbers);
}
