namespace RlmEngine.Kernels.Rollout;

/// <summary>The counter-based generator Philox4x32-10: a bijection of 128-bit counters under a 64-bit key, with no state.</summary>
/// <remarks>Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011); known answers of Random123.</remarks>
public static class Philox
{
    /// <summary>How many rollouts of one prompt have streams of their own: 2²⁴.</summary>
    public const uint RolloutLimit = 1u << 24;

    internal const ulong Multiplier0 = 0xD2511F53;
    internal const ulong Multiplier1 = 0xCD9E8D57;
    internal const uint Weyl0 = 0x9E3779B9;
    internal const uint Weyl1 = 0xBB67AE85;
    internal const int Rounds = 10;

    /// <summary>The 128 bits of one counter under one key.</summary>
    /// <param name="counter">Four words, the least significant first.</param>
    /// <param name="key0">First word of the key.</param>
    /// <param name="key1">Second word of the key.</param>
    /// <returns>Four words, uniform over all 2¹²⁸ values as the counter runs.</returns>
    public static PhiloxBlock Block(PhiloxBlock counter, uint key0, uint key1)
    {
        (uint c0, uint c1, uint c2, uint c3) = counter;
        for (int round = 0; round < Rounds; round++)
        {
            ulong product0 = Multiplier0 * c0;
            ulong product1 = Multiplier1 * c2;
            c0 = (uint)(product1 >> 32) ^ c1 ^ key0;
            c2 = (uint)(product0 >> 32) ^ c3 ^ key1;
            c1 = (uint)product1;
            c3 = (uint)product0;
            key0 += Weyl0;
            key1 += Weyl1;
        }

        return new PhiloxBlock(c0, c1, c2, c3);
    }

    /// <summary>The 128 bits that a run of one seed has for one named counter.</summary>
    /// <param name="seed">The run's seed, the key.</param>
    /// <param name="counter">Words (position, prompt, step, purpose · 2²⁴ + rollout).</param>
    /// <returns>Four words.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The rollout is not below <see cref="RolloutLimit"/>.</exception>
    public static PhiloxBlock Block(ulong seed, PhiloxCounter counter)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(counter.Rollout, RolloutLimit, nameof(counter));
        uint stream = ((uint)counter.Purpose << 24) | counter.Rollout;
        return Block(new PhiloxBlock(counter.Position, counter.Prompt, counter.Step, stream), (uint)seed, (uint)(seed >> 32));
    }

    /// <summary>A uniform number in the open interval (0, 1): an odd multiple of 2⁻⁵³, so neither end is ever drawn.</summary>
    /// <param name="high">Upper 32 of the 52 random bits.</param>
    /// <param name="low">Its upper 20 bits are the lower 20 of the 52.</param>
    /// <returns>(2b + 1) · 2⁻⁵³ with b the 52 bits.</returns>
    public static double Uniform(uint high, uint low)
    {
        ulong bits = ((ulong)high << 20) | (low >> 12);
        return ((2 * bits) + 1) * (1.0 / 9007199254740992.0);
    }

    /// <summary>The uniform number in (0, 1) of one named counter.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="counter">The counter.</param>
    /// <returns>An odd multiple of 2⁻⁵³.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The rollout is not below <see cref="RolloutLimit"/>.</exception>
    public static double Uniform(ulong seed, PhiloxCounter counter)
    {
        PhiloxBlock block = Block(seed, counter);
        return Uniform(block.Word0, block.Word1);
    }
}

/// <summary>Four 32-bit words: a Philox counter or what it gives.</summary>
/// <param name="Word0">First word.</param>
/// <param name="Word1">Second word.</param>
/// <param name="Word2">Third word.</param>
/// <param name="Word3">Fourth word.</param>
public readonly record struct PhiloxBlock(uint Word0, uint Word1, uint Word2, uint Word3);
