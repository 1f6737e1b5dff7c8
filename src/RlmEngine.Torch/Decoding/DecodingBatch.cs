using RlmEngine.Transformer;
using static TorchSharp.torch;

namespace RlmEngine.Torch;

/// <summary>One call's rows: where each reads and writes, and how rows that share a prefix stand side by side.</summary>
/// <remarks>
/// Scores against a prefix are one product for all its rows, [P, K, G · shared heads, D] with [P, K, D, L], so its keys are read once;
/// scores against a row's own keys are one product for all slots. Both, side by side, go through one softmax.
/// </remarks>
internal sealed class DecodingBatch
{
    private readonly ModelConfig _config;
    private readonly StaticCache _prefixes;
    private readonly StaticCache _rows;
    private readonly int _prefixSlots;
    private readonly int _groupSize;
    private readonly int _prefixLength;
    private readonly int _rowSlots;
    private readonly int _rowLength;
    private readonly Tensor _rowOfGroup;
    private readonly Tensor _groupOfRow_R;
    private readonly Tensor _rowOfSlot;
    private readonly Tensor _slots_R;
    private readonly Tensor _places;
    private readonly Tensor _mask_R;

    /// <summary>Lays the rows out; room for each row's next position is there.</summary>
    public DecodingBatch(
        ModelConfig config, StaticCache prefixes, StaticCache rows, ReadOnlySpan<int> slots_R, IReadOnlyList<DecodedRow> rows_R,
        ScalarType type, Device device)
    {
        (_config, _prefixes, _rows) = (config, prefixes, rows);
        int[] prefixes_R = [.. rows_R.Select(row => row.Prefix.Slot)], own_R = [.. rows_R.Select(row => row.Own)];
        int[] lengths_R = [.. rows_R.Select(row => row.Prefix.Length)];
        (_prefixSlots, _prefixLength) = (prefixes_R.Max() + 1, Math.Max(1, lengths_R.Max()));
        (_rowSlots, _rowLength) = (Max(slots_R) + 1, own_R.Max() + 1);
        (_rowOfGroup, _groupOfRow_R, _groupSize) = Groups(prefixes_R, device);
        long[] rowOfSlot = new long[_rowSlots];
        for (int r = 0; r < slots_R.Length; r++)
            rowOfSlot[slots_R[r]] = r;
        _rowOfSlot = HostMemory.Indices(rowOfSlot, device);
        _slots_R = HostMemory.Indices(slots_R, device);
        _places = rows.PlacesOf(slots_R, own_R);
        Tensor isHidden = cat([Beyond(lengths_R, _prefixLength, device), Beyond([.. own_R.Select(own => own + 1)], _rowLength, device)], 1);
        _mask_R = zeros_like(isHidden, dtype: ScalarType.Float32).masked_fill(isHidden, double.NegativeInfinity).view(slots_R.Length, 1, 1, -1);
    }

    /// <summary>Writes a layer's keys and values, and attends: [R, heads · D].</summary>
    public Tensor Attend(int layer, Tensor query_RHD, Tensor key_RKD, Tensor value_RKD)
    {
        _rows.Write(layer, _places, key_RKD, value_RKD);
        int heads = _config.KeyValueHeads, sharing = _config.Heads / heads, size = _config.HeadSize;
        (Tensor prefixKeys, Tensor prefixValues) = _prefixes.First(layer, _prefixSlots, _prefixLength);
        (Tensor rowKeys, Tensor rowValues) = _rows.First(layer, _rowSlots, _rowLength);
        Tensor query_RKSD = query_RHD.view(-1, heads, sharing, size);
        Tensor scores = cat(
            [
                FromGroups(ToGroups(query_RKSD).matmul(prefixKeys.transpose(-1, -2))),
                query_RKSD.index_select(0, _rowOfSlot).matmul(rowKeys.transpose(-1, -2)).index_select(0, _slots_R),
            ],
            -1);
        Tensor shares = ((scores.to(ScalarType.Float32) * (1 / Math.Sqrt(size))) + _mask_R).softmax(-1).to(query_RHD.dtype);
        Tensor ofPrefix = FromGroups(ToGroups(shares.narrow(-1, 0, _prefixLength)).matmul(prefixValues));
        Tensor ofRow = shares.narrow(-1, _prefixLength, _rowLength).index_select(0, _rowOfSlot).matmul(rowValues).index_select(0, _slots_R);
        return (ofPrefix + ofRow).view(-1, _config.Attention.QueryWidth);
    }

    // [R, K, S, X] to [P, K, G · S, X], rows of a prefix side by side.
    private Tensor ToGroups(Tensor rows)
    {
        int heads = _config.KeyValueHeads, sharing = _config.Heads / heads;
        return rows.index_select(0, _rowOfGroup).view(_prefixSlots, _groupSize, heads, sharing, -1).transpose(1, 2)
            .reshape(_prefixSlots, heads, _groupSize * sharing, -1);
    }

    private Tensor FromGroups(Tensor groups)
    {
        int heads = _config.KeyValueHeads, sharing = _config.Heads / heads;
        return groups.view(_prefixSlots, heads, _groupSize, sharing, -1).transpose(1, 2)
            .reshape((long)_prefixSlots * _groupSize, heads, sharing, -1).index_select(0, _groupOfRow_R);
    }

    private (Tensor RowOfGroup, Tensor GroupOfRow_R, int GroupSize) Groups(int[] prefixes_R, Device device)
    {
        int[] counts = new int[_prefixSlots];
        foreach (int prefix in prefixes_R)
            counts[prefix]++;
        int size = counts.Max();
        long[] rowOfGroup = new long[_prefixSlots * size], groupOfRow_R = new long[prefixes_R.Length];
        Array.Clear(counts);
        for (int r = 0; r < prefixes_R.Length; r++)
        {
            int place = (prefixes_R[r] * size) + counts[prefixes_R[r]]++;
            (rowOfGroup[place], groupOfRow_R[r]) = (r, place);
        }

        return (HostMemory.Indices(rowOfGroup, device), HostMemory.Indices(groupOfRow_R, device), size);
    }

    // True for the places of [R, length] that are at or after each row's count.
    private static Tensor Beyond(ReadOnlySpan<int> counts_R, int length, Device device)
        => arange(length, ScalarType.Int64, device).view(1, -1) >= HostMemory.Indices(counts_R, device).view(-1, 1);

    private static int Max(ReadOnlySpan<int> values)
    {
        int max = 0;
        foreach (int value in values)
            max = Math.Max(max, value);
        return max;
    }
}

/// <summary>A prefix in its slot.</summary>
internal sealed class CachedPrefix
{
    public int Slot { get; set; }

    public required int Length { get; init; }

    /// <summary>Rows that continue it, and one for its handle.</summary>
    public int Users { get; set; } = 1;

    /// <summary>True once its handle is closed; its place is free when no row continues it.</summary>
    public bool IsReleased { get; set; }
}

/// <summary>A row that continues a prefix.</summary>
internal sealed class DecodedRow(CachedPrefix prefix)
{
    public CachedPrefix Prefix { get; } = prefix;

    /// <summary>Positions of its own.</summary>
    public int Own { get; set; }

    /// <summary>Number of the last call that named it.</summary>
    public long Call { get; set; }

    public int Length => Prefix.Length + Own;
}
