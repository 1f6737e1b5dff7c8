using ILGPU;

namespace RlmEngine.Kernels.Ilgpu.Device;

/// <summary>Four packs of eight logits: what a lane takes of a block in one go.</summary>
internal struct Logits32
{
    public Logits8 A, B, C, D;
}

/// <summary>Where a row of logits lies in memory, and whether it may be read sixteen bytes at a time.</summary>
/// <remarks>
/// A row is walked in blocks of <see cref="BlockSize"/> logits, each by one warp; the lane and the place of a logit in the order of
/// summation depend on its index alone, so rows that lie askew in memory, which are read logit by logit, give the same bits.
/// </remarks>
internal struct RowReader<TFormat, TBits>
    where TFormat : unmanaged, ILogitFormat<TBits>
    where TBits : unmanaged
{
    public const int BlockSize = 1024;
    public const int PackSize = 8;
    public const int BlockPacks = BlockSize / PackSize;

    public ArrayView<TBits> Logits;
    public ArrayView<Vector16> Vectors;
    public long Start;
    public long FirstVector;
    public int Vocabulary;
    public int IsAligned;

    public static RowReader<TFormat, TBits> Open(ArrayView<TBits> logits, long row, long stride, int vocabulary, int isAligned)
    {
        TFormat format = default;
        RowReader<TFormat, TBits> reader;
        reader.Logits = logits;
        reader.Vectors = logits.Cast<Vector16>();
        reader.Start = row * stride;
        reader.FirstVector = reader.Start / format.PerVector;
        reader.Vocabulary = vocabulary;
        reader.IsAligned = isAligned != 0 && reader.Start % format.PerVector == 0 ? 1 : 0;
        return reader;
    }

    public static int BlockCount(int vocabulary) => (vocabulary + BlockSize - 1) / BlockSize;

    /// <summary>The pack at which a block ends, or the row.</summary>
    public static int PackAfter(RowReader<TFormat, TBits> row, int block) =>
        IntrinsicMath.Min((block + 1) * BlockPacks, (row.Vocabulary + PackSize - 1) / PackSize);

    public static float At(RowReader<TFormat, TBits> row, int token)
    {
        TFormat format = default;
        return format.Decode(row.Logits[row.Start + token]);
    }

    /// <summary>Pack number <paramref name="pack"/> of the row; −∞ past its end.</summary>
    public static Logits8 Pack(RowReader<TFormat, TBits> row, int pack)
    {
        TFormat format = default;
        int first = pack * PackSize;
        if (row.IsAligned != 0 && first + PackSize <= row.Vocabulary) return format.Load(row.Vectors, VectorOf(row, pack));
        return OneByOne(row, first);
    }

    /// <summary>Four packs from <paramref name="pack"/> on, <paramref name="step"/> packs apart.</summary>
    public static Logits32 Packs(RowReader<TFormat, TBits> row, int pack, int step)
    {
        TFormat format = default;
        Logits32 x;
        if (row.IsAligned != 0 && ((pack + (3 * step)) * PackSize) + PackSize <= row.Vocabulary)
        {
            x.A = format.Load(row.Vectors, VectorOf(row, pack));
            x.B = format.Load(row.Vectors, VectorOf(row, pack + step));
            x.C = format.Load(row.Vectors, VectorOf(row, pack + (2 * step)));
            x.D = format.Load(row.Vectors, VectorOf(row, pack + (3 * step)));
        }
        else
        {
            x.A = OneByOne(row, pack * PackSize);
            x.B = OneByOne(row, (pack + step) * PackSize);
            x.C = OneByOne(row, (pack + (2 * step)) * PackSize);
            x.D = OneByOne(row, (pack + (3 * step)) * PackSize);
        }

        return x;
    }

    /// <summary>The vector at which a pack begins.</summary>
    public static long VectorOf(RowReader<TFormat, TBits> row, int pack)
    {
        TFormat format = default;
        return row.FirstVector + ((long)pack * (PackSize / format.PerVector));
    }

    private static Logits8 OneByOne(RowReader<TFormat, TBits> row, int first)
    {
        Logits8 x;
        x.X0 = Bounded(row, first);
        x.X1 = Bounded(row, first + 1);
        x.X2 = Bounded(row, first + 2);
        x.X3 = Bounded(row, first + 3);
        x.X4 = Bounded(row, first + 4);
        x.X5 = Bounded(row, first + 5);
        x.X6 = Bounded(row, first + 6);
        x.X7 = Bounded(row, first + 7);
        return x;
    }

    private static float Bounded(RowReader<TFormat, TBits> row, int token)
    {
        float x = At(row, IntrinsicMath.Min(token, row.Vocabulary - 1));
        return token < row.Vocabulary ? x : float.NegativeInfinity;
    }
}
