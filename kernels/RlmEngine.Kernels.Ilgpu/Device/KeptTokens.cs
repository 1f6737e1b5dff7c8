using ILGPU;

namespace RlmEngine.Kernels.Ilgpu.Device;

/// <summary>Which tokens of a row remain: those whose key is below one, and of those that have it the lowest ids.</summary>
/// <remarks>A token's key is the bits of m − x', which is never negative, so that keys rise as logits fall.</remarks>
internal struct KeptTokens
{
    /// <summary>The key of a logit of −∞, which is never kept.</summary>
    public const uint NoKey = 0x7F800000;

    public uint Key;
    public int LastToken;

    public static KeptTokens All()
    {
        KeptTokens kept;
        kept.Key = NoKey - 1;
        kept.LastToken = int.MaxValue;
        return kept;
    }

    public static uint KeyOf(RowSummary row, float logit) => Interop.FloatAsInt(row.Max - (logit * row.Inverse));

    /// <summary>x' − m of a key.</summary>
    public static float Difference(uint key) => -Interop.IntAsFloat(key);

    public static bool Keeps(KeptTokens kept, uint key, int token) => key < kept.Key || (key == kept.Key && token <= kept.LastToken);
}
