namespace RlmEngine.Kernels.Ilgpu.Device;

/// <summary>How one row is sampled, as the kernel reads it: 32 bytes.</summary>
internal struct RowSampling
{
    public float Temperature;

    /// <summary>0 for all.</summary>
    public int TopK;

    public float TopP;

    /// <summary>Smallest x' − m that min-p keeps.</summary>
    public float MinPBound;

    /// <summary>The words of the row's Philox counter.</summary>
    public uint Position, Prompt, Step, Stream;
}

/// <summary>What one row's draw gave: 16 bytes.</summary>
internal struct RowDraw
{
    public int Token;
    public float LogProb;
    public float TruncatedLogProb;
    public int IsValid;
}
