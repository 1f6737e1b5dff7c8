using ILGPU;

namespace RlmEngine.Kernels.Ilgpu.Device;

/// <summary>How many threads walk a block of a row together: a power of two, at most the accelerator's warp and 32.</summary>
internal interface IWarpWidth
{
    int Lanes { get; }
}

/// <summary>32 lanes: NVIDIA.</summary>
internal readonly struct Warp32 : IWarpWidth
{
    public int Lanes => 32;
}

/// <summary>4 lanes: a small simulated warp.</summary>
internal readonly struct Warp4 : IWarpWidth
{
    public int Lanes => 4;
}

/// <summary>Each thread by itself, without shuffles.</summary>
internal readonly struct Warp1 : IWarpWidth
{
    public int Lanes => 1;
}

/// <summary>Butterflies over the lanes of a warp: the same operations in the same order on every lane, so every lane has the same bits.</summary>
internal static class WarpReduction
{
    public static float Max<TWarp>(float value)
        where TWarp : struct, IWarpWidth
    {
        TWarp warp = default;
        for (int mask = warp.Lanes / 2; mask > 0; mask >>= 1) value = DeviceMath.Max(value, Warp.ShuffleXor(value, mask));
        return value;
    }

    public static float Sum<TWarp>(float value)
        where TWarp : struct, IWarpWidth
    {
        TWarp warp = default;
        for (int mask = warp.Lanes / 2; mask > 0; mask >>= 1) value += Warp.ShuffleXor(value, mask);
        return value;
    }

    public static TwoFloat Sum<TWarp>(TwoFloat value)
        where TWarp : struct, IWarpWidth
    {
        TWarp warp = default;
        for (int mask = warp.Lanes / 2; mask > 0; mask >>= 1)
        {
            float high = Warp.ShuffleXor(value.High, mask), low = Warp.ShuffleXor(value.Low, mask);
            value = TwoFloat.Add(value, TwoFloat.Of(high, low));
        }

        return value;
    }
}
