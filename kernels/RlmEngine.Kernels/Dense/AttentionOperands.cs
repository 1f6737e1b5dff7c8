namespace RlmEngine.Kernels.Dense;

/// <summary>What the pieces of attention's forward and backward share.</summary>
internal unsafe struct AttentionOperands
{
    public AttentionShape Shape;
    public AttentionSegment* Segments;
    public int SegmentCount;
    public int RowCount;
    public int LongestSequence;
    public int* Tables;
    public float* Queries;
    public float* Pages;
    public float* Output;
    public float* Statistics;
    public int* Roots;
    public int* Next;
    public int* Places;
    public float* SwappedPages;
    public float* OutputGradient;
    public float* QueriesGradient;
    public float* KeysGradient;
    public float* ValuesGradient;

    /// <summary>Positions of the longest sequence, up to a multiple of four pages.</summary>
    public readonly int PaddedLength => (LongestSequence + 63) / 64 * 64;

    /// <summary>From one query's scores to the next's: not a power of two, so that the rows of a tile do not meet in one set of a cache.</summary>
    public readonly int ScoresStride => PaddedLength + 16;

    /// <summary>Rows of one piece of the forward: many share the keys they read, fewer where there are not enough pieces.</summary>
    public readonly int RowsPerPiece => RowCount >= 512 ? 24 : 8;

    /// <summary>Floats to spare in scratch that is to be aligned.</summary>
    public const int AlignmentFloats = 16;

    /// <summary>The first place from there that is aligned to 64 bytes.</summary>
    public static float* Align(float* memory) => (float*)(((nuint)memory + 63) & ~(nuint)63);
}
