using RlmEngine.Tokenization;
using RlmEngine.Transformer;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace RlmEngine.Torch;

/// <summary>B segments, padded to L queries and K keys.</summary>
internal sealed class AttentionBucket
{
    private readonly int _segments;
    private readonly int _keys;
    private readonly Tensor _queryRows_BL;
    private readonly Tensor _keyRows_BK;
    private readonly Tensor? _mask_BLK;

    /// <summary>Gathers rows and, where a segment has positions before it, makes the mask.</summary>
    public AttentionBucket(
        Segment[] segments_S, int[][] paths_S, ReadOnlySpan<int> members, ModelConfig config, ScalarType type, Device device)
    {
        _segments = members.Length;
        bool hasPast = false;
        foreach (int s in members)
        {
            Queries = Math.Max(Queries, segments_S[s].Length);
            _keys = Math.Max(_keys, paths_S[s].Length);
            hasPast |= segments_S[s].ParentLength > 0;
        }

        long[] queryRows = new long[_segments * (long)Queries], keyRows = new long[_segments * (long)_keys], pasts = new long[_segments];
        for (int b = 0; b < _segments; b++)
        {
            Segment segment = segments_S[members[b]];
            pasts[b] = segment.ParentLength;
            Fill(queryRows.AsSpan(b * Queries, Queries), paths_S[members[b]].AsSpan(segment.ParentLength));
            Fill(keyRows.AsSpan(b * _keys, _keys), paths_S[members[b]]);
        }

        _queryRows_BL = HostMemory.Indices(queryRows, device);
        _keyRows_BK = HostMemory.Indices(keyRows, device);
        if (hasPast) _mask_BLK = Mask(HostMemory.Indices(pasts, device), type, device);
    }

    /// <summary>L.</summary>
    public int Queries { get; }

    /// <summary>Attention of the bucket's queries, [B · L, heads · D].</summary>
    public Tensor Attend(Tensor query_NHD, Tensor key_NKD, Tensor value_NKD, ModelConfig config)
    {
        Tensor query = query_NHD.index_select(0, _queryRows_BL).view(_segments, Queries, config.Heads, config.HeadSize).transpose(1, 2);
        Tensor attended = functional.scaled_dot_product_attention(
            query, Shared(key_NKD, config), Shared(value_NKD, config), _mask_BLK, 0.0, _mask_BLK is null);
        return attended.transpose(1, 2).reshape((long)_segments * Queries, config.Attention.QueryWidth);
    }

    // Keys or values of each query head, [B, heads, K, D]; this version's attention shares none between heads.
    private Tensor Shared(Tensor rows_NKD, ModelConfig config)
    {
        Tensor heads = rows_NKD.index_select(0, _keyRows_BK).view(_segments, _keys, config.KeyValueHeads, config.HeadSize).transpose(1, 2);
        int sharing = config.Heads / config.KeyValueHeads;
        return sharing == 1
            ? heads
            : heads.unsqueeze(2).expand(_segments, config.KeyValueHeads, sharing, _keys, config.HeadSize)
                .reshape(_segments, config.Heads, _keys, config.HeadSize);
    }

    private Tensor Mask(Tensor pasts_B, ScalarType type, Device device)
    {
        Tensor last = pasts_B.view(-1, 1, 1, 1) + arange(Queries, ScalarType.Int64, device).view(1, 1, -1, 1);
        Tensor isLater = arange(_keys, ScalarType.Int64, device).view(1, 1, 1, -1) > last;
        return zeros([_segments, 1, Queries, _keys], dtype: type, device: device).masked_fill(isLater, double.NegativeInfinity);
    }

    private static void Fill(Span<long> rows, ReadOnlySpan<int> path)
    {
        rows.Fill(path[0]);
        for (int i = 0; i < path.Length; i++)
            rows[i] = path[i];
    }
}
