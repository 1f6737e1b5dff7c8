using System.Runtime.CompilerServices;

namespace RlmEngine.Kernels.Rollout;

/// <summary>A token and its value in one integer, ordered by falling value and then by rising id.</summary>
internal static class CandidateKey
{
    public static ulong Of(float value, int token)
    {
        // + 0 makes −0 and 0 one value.
        uint bits = BitConverter.SingleToUInt32Bits(value + 0f);
        uint rising = (bits & 0x80000000) != 0 ? ~bits : bits | 0x80000000;
        return ((ulong)~rising << 32) | (uint)token;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Token(ulong key) => (int)(uint)key;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Value(ulong key)
    {
        uint rising = ~(uint)(key >> 32);
        return BitConverter.UInt32BitsToSingle((rising & 0x80000000) != 0 ? rising & 0x7FFFFFFF : ~rising);
    }

    /// <summary>The last key of all those with the same value.</summary>
    public static ulong LastOfValue(ulong key) => key | uint.MaxValue;
}

/// <summary>What a candidate adds to the sum that a selection runs up to.</summary>
internal interface ICandidateWeight
{
    double Of(ulong key);
}

/// <summary>Every candidate counts 1.</summary>
internal readonly struct UnitWeight : ICandidateWeight
{
    public double Of(ulong key) => 1;
}

/// <summary>A candidate counts e^value, where values are x' − m.</summary>
internal readonly struct ProbabilityWeight : ICandidateWeight
{
    public double Of(ulong key) => VectorMath.Exp(CandidateKey.Value(key));
}
