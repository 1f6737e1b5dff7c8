using RlmEngine.Transformer;
using TorchSharp;
using static TorchSharp.torch;

namespace RlmEngine.Torch;

/// <summary>Keys and values of all layers in fixed places: [S slots, key-value heads, T positions, D] each, doubled when they are full.</summary>
/// <remarks>Every number is finite from the start, so that a masked place adds exactly 0.</remarks>
internal sealed class StaticCache(ModelConfig config, ScalarType type, Device device) : IDisposable
{
    private const int FirstPositions = 64;
    private readonly Tensor?[] _keys = new Tensor?[config.Layers];
    private readonly Tensor?[] _values = new Tensor?[config.Layers];

    /// <summary>S.</summary>
    public int Slots { get; private set; }

    /// <summary>T.</summary>
    public int Positions { get; private set; }

    /// <summary>Bytes of all layers.</summary>
    public long Bytes => 2L * config.Layers * Slots * Positions * config.Attention.KeyValueWidth * (type == ScalarType.Float32 ? 4 : 2);

    /// <summary>Makes room; what stands in it stays.</summary>
    public void Reserve(int slots, int positions)
    {
        if (slots <= Slots && positions <= Positions) return;
        int newSlots = slots <= Slots ? Slots : Math.Max(slots, Slots * 2);
        int newPositions = positions <= Positions ? Positions : Math.Min(config.ContextLength, Math.Max(positions, Math.Max(FirstPositions, Positions * 2)));
        for (int layer = 0; layer < config.Layers; layer++)
        {
            _keys[layer] = Grown(_keys[layer], newSlots, newPositions);
            _values[layer] = Grown(_values[layer], newSlots, newPositions);
        }

        (Slots, Positions) = (newSlots, newPositions);
    }

    /// <summary>A layer's keys and values in the first places: [S', K, T', D], views.</summary>
    public (Tensor Keys, Tensor Values) First(int layer, int slots, int positions)
        => (_keys[layer]!.narrow(0, 0, slots).narrow(2, 0, positions), _values[layer]!.narrow(0, 0, slots).narrow(2, 0, positions));

    /// <summary>Rows of all heads of some places, as <see cref="Write"/> takes them.</summary>
    public Tensor PlacesOf(ReadOnlySpan<int> slots_N, ReadOnlySpan<int> positions_N)
    {
        int heads = config.KeyValueHeads;
        long[] places = new long[slots_N.Length * heads];
        for (int n = 0; n < slots_N.Length; n++)
        {
            for (int head = 0; head < heads; head++)
                places[(n * heads) + head] = ((((long)slots_N[n] * heads) + head) * Positions) + positions_N[n];
        }

        return HostMemory.Indices(places, device);
    }

    /// <summary>Writes keys and values [N, K, D] into a layer.</summary>
    public void Write(int layer, Tensor places, Tensor key_NKD, Tensor value_NKD)
    {
        long[] rows = [-1, config.HeadSize];
        _keys[layer]!.view(rows).index_copy_(0, places, key_NKD.reshape(rows));
        _values[layer]!.view(rows).index_copy_(0, places, value_NKD.reshape(rows));
    }

    public void Dispose()
    {
        foreach (Tensor? tensor in _keys.Concat(_values))
            tensor?.Dispose();
    }

    private Tensor Grown(Tensor? old, int slots, int positions)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor grown = zeros([slots, config.KeyValueHeads, positions, config.HeadSize], dtype: type, device: device).DetachFromDisposeScope();
        if (old is null) return grown;
        grown.narrow(0, 0, Slots).narrow(2, 0, Positions).copy_(old);
        old.Dispose();
        return grown;
    }
}
