namespace RlmEngine.Kernels.Ilgpu.Device;

/// <summary>What a token adds to the sum that a search runs up to, as a whole number: such sums are the same in any order.</summary>
internal interface ICandidateWeight
{
    ulong Of(uint key);
}

/// <summary>Every token counts 1.</summary>
internal readonly struct UnitWeight : ICandidateWeight
{
    public ulong Of(uint key) => 1;
}

/// <summary>A token counts e^(x' − m) in units of 2⁻⁴⁴; so many that a vocabulary of 2²⁰ stays below 2⁶⁴.</summary>
internal readonly struct ProbabilityWeight : ICandidateWeight
{
    private const float Unit = 17592186044416f;

    public ulong Of(uint key) => (ulong)(long)(DeviceMath.Exp(KeptTokens.Difference(key)) * Unit);
}
