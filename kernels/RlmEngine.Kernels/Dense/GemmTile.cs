namespace RlmEngine.Kernels.Dense;

/// <summary>Where one register tile finds its operands; strides are in floats.</summary>
internal unsafe struct GemmTile
{
    /// <summary>First element of the tile's rows of A.</summary>
    public float* A;

    /// <summary>First element of the panel of B, whose rows are <see cref="PackedMatrix.PanelWidth"/> elements apart.</summary>
    public byte* B;

    /// <summary>Bytes from here to what is read next after this panel: fetched into the cache meanwhile; 0 fetches nothing.</summary>
    public nint Ahead;

    /// <summary>From one row of A to the next, and from one k of A to the next.</summary>
    public nint StepRow, StepK;

    /// <summary>How many k to sum.</summary>
    public nint Depth;

    /// <summary>The partial sums to go on from; null starts from zero.</summary>
    public float* From;

    /// <summary>From one row of the partial sums to the next.</summary>
    public nint StrideFrom;

    /// <summary>First element of the output tile.</summary>
    public float* C;

    /// <summary>From one row of C to the next.</summary>
    public nint StrideC;

    /// <summary>Add the sums to C instead of overwriting it.</summary>
    public bool Add;

    /// <summary>Bring C into the cache while the sums run.</summary>
    public bool Fetches;
}
