namespace RlmEngine.Kernels.Ilgpu.Device;

/// <summary><see cref="Rollout.Philox"/> on a device: the same words, and the uniform number of 53 bits as two floats.</summary>
internal static class DevicePhilox
{
    /// <summary>The uniform number in (0, 1) of one counter.</summary>
    public static TwoFloat Uniform(uint c0, uint c1, uint c2, uint c3, uint key0, uint key1)
    {
        for (int round = 0; round < 10; round++)
        {
            ulong product0 = 0xD2511F53ul * c0, product1 = 0xCD9E8D57ul * c2;
            c0 = (uint)(product1 >> 32) ^ c1 ^ key0;
            c2 = (uint)(product0 >> 32) ^ c3 ^ key1;
            c1 = (uint)product1;
            c3 = (uint)product0;
            key0 += 0x9E3779B9;
            key1 += 0xBB67AE85;
        }

        return Uniform(c0, c1);
    }

    /// <summary>(2b + 1) · 2⁻⁵³ with b the 32 bits of <paramref name="high"/> and the upper 20 of <paramref name="low"/>.</summary>
    public static TwoFloat Uniform(uint high, uint low)
    {
        // 24 bits, which a float holds, and 28 with the 1 behind them; signed, because unsigned conversion goes through double.
        int upper = (int)(high >> 8), lower = (int)((high & 0xFF) << 20 | (low >> 12));
        float head = (float)upper * 5.9604644775390625e-8f;
        float tail = ((2f * (float)lower) + 1f) * 1.1102230246251565e-16f;
        return TwoFloat.Sum(head, tail);
    }
}
