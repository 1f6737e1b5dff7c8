using ILGPU;

namespace RlmEngine.Kernels.Ilgpu.Device;

/// <summary>What a token counts for in a block's mass.</summary>
internal interface ITokenMass
{
    /// <summary>The lowest logits that count have this key.</summary>
    uint LastKey { get; }

    float Of(uint key, int token);
}

/// <summary>e^(x' − m) of the tokens that are kept.</summary>
internal struct KeptMass : ITokenMass
{
    public KeptTokens Kept;

    public readonly uint LastKey => Kept.Key;

    public readonly float Of(uint key, int token) => KeptTokens.Keeps(Kept, key, token) ? DeviceMath.Exp(KeptTokens.Difference(key)) : 0f;
}

/// <summary>1 for the tokens of one key.</summary>
internal struct SameKey : ITokenMass
{
    public uint Key;

    public readonly uint LastKey => Key;

    public static SameKey As(uint key)
    {
        SameKey mass;
        mass.Key = key;
        return mass;
    }

    public readonly float Of(uint key, int token) => key == Key ? 1f : 0f;
}

/// <summary>Sums of a row's tokens by blocks, into the table's sums.</summary>
internal static class BlockMass
{
    /// <summary>How many tokens of each block have a key.</summary>
    public static void Count<TFormat, TBits, TWarp>(RowReader<TFormat, TBits> row, RowSummary summary, uint key, BlockTable blocks)
        where TFormat : unmanaged, ILogitFormat<TBits>
        where TBits : unmanaged
        where TWarp : struct, IWarpWidth =>
        Fill<TFormat, TBits, TWarp, SameKey>(row, summary, SameKey.As(key), blocks);

    /// <summary>The mass of each block; to be followed by a barrier.</summary>
    public static void Fill<TFormat, TBits, TWarp, TMass>(RowReader<TFormat, TBits> row, RowSummary summary, TMass mass, BlockTable table)
        where TFormat : unmanaged, ILogitFormat<TBits>
        where TBits : unmanaged
        where TWarp : struct, IWarpWidth
        where TMass : struct, ITokenMass
    {
        TWarp warp = default;
        int lane = Group.IdxX % warp.Lanes, warps = Group.DimX / warp.Lanes;
        int blocks = RowReader<TFormat, TBits>.BlockCount(row.Vocabulary);
        for (int block = Group.IdxX / warp.Lanes; block < blocks; block += warps)
        {
            float sum = 0f;
            if (KeptTokens.KeyOf(summary, table.Maxima[block]) <= mass.LastKey)
            {
                int end = RowReader<TFormat, TBits>.PackAfter(row, block);
                for (int pack = (block * RowReader<TFormat, TBits>.BlockPacks) + lane; pack < end; pack += warp.Lanes)
                    sum += Of(RowReader<TFormat, TBits>.Pack(row, pack), summary, mass, pack * RowReader<TFormat, TBits>.PackSize);

                sum = WarpReduction.Sum<TWarp>(sum);
            }

            if (lane == 0) table.Sums[block] = sum;
        }
    }

    private static float Of<TMass>(Logits8 x, RowSummary summary, TMass mass, int token)
        where TMass : struct, ITokenMass
    {
        float a = mass.Of(KeptTokens.KeyOf(summary, x.X0), token) + mass.Of(KeptTokens.KeyOf(summary, x.X1), token + 1);
        float b = mass.Of(KeptTokens.KeyOf(summary, x.X2), token + 2) + mass.Of(KeptTokens.KeyOf(summary, x.X3), token + 3);
        float c = mass.Of(KeptTokens.KeyOf(summary, x.X4), token + 4) + mass.Of(KeptTokens.KeyOf(summary, x.X5), token + 5);
        float d = mass.Of(KeptTokens.KeyOf(summary, x.X6), token + 6) + mass.Of(KeptTokens.KeyOf(summary, x.X7), token + 7);
        return (a + b) + (c + d);
    }
}
