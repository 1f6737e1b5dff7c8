using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RlmEngine.Kernels.Rollout;

/// <summary>Normal numbers of one named counter, eight tries at a time: the bits of <see cref="PhiloxStream.NextNormal"/>, one after another.</summary>
/// <remarks>
/// Each try of the polar method takes exactly one block of the counter, so tries can be made side by side and the accepted ones kept in
/// order. Every lane performs the scalar operations; the bits are the same on every processor.
/// </remarks>
public static class NormalNumbers
{
    private const int Lanes = 8;
    private const ulong Low = 0xFFFFFFFF;

    /// <summary>Fills with normal(0, σ) numbers, rounded to float32: element i is the stream's normal number i, times σ.</summary>
    /// <param name="numbers">Where they go.</param>
    /// <param name="deviation">σ.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="counter">Where the stream begins.</param>
    /// <exception cref="ArgumentOutOfRangeException">The rollout is not below <see cref="Philox.RolloutLimit"/>.</exception>
    public static unsafe void Fill(Span<float> numbers, double deviation, ulong seed, PhiloxCounter counter)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(counter.Rollout, Philox.RolloutLimit, nameof(counter));
        double* first = stackalloc double[Lanes], second = stackalloc double[Lanes];
        ulong stream = ((ulong)counter.Purpose << 24) | counter.Rollout;
        Vector512<ulong> prompt = Vector512.Create((ulong)counter.Prompt), step = Vector512.Create((ulong)counter.Step);
        Vector512<ulong> positions = Vector512.Create((ulong)counter.Position) + Vector512.Create(0ul, 1, 2, 3, 4, 5, 6, 7);
        int at = 0;
        while (at < numbers.Length)
        {
            (Vector512<double> x, Vector512<double> y) = Uniform(positions & Vector512.Create(Low), prompt, step, Vector512.Create(stream), seed);
            positions += Vector512.Create((ulong)Lanes);
            x = (x + x) - Vector512<double>.One;
            y = (y + y) - Vector512<double>.One;
            Vector512<double> square = (x * x) + (y * y);
            uint accepted = (uint)(Vector512.LessThan(square, Vector512<double>.One) & Vector512.GreaterThan(square, Vector512<double>.Zero))
                .ExtractMostSignificantBits();
            Vector512<double> factor = Vector512.Sqrt(Vector512.Create(-2.0) * VectorMath.LogOfNormal(square) / square);
            (x * factor * Vector512.Create(deviation)).Store(first);
            (y * factor * Vector512.Create(deviation)).Store(second);
            for (; accepted != 0 && at < numbers.Length; accepted &= accepted - 1)
            {
                int lane = BitOperations.TrailingZeroCount(accepted);
                numbers[at++] = (float)first[lane];
                if (at < numbers.Length)
                    numbers[at++] = (float)second[lane];
            }
        }
    }

    // Philox4x32-10 of eight counters, each word in the lower half of a lane; two uniform numbers of each block.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<double> First, Vector512<double> Second) Uniform(
        Vector512<ulong> c0, Vector512<ulong> c1, Vector512<ulong> c2, Vector512<ulong> c3, ulong seed)
    {
        Vector512<ulong> low = Vector512.Create(Low);
        uint key0 = (uint)seed, key1 = (uint)(seed >> 32);
        for (int round = 0; round < Philox.Rounds; round++)
        {
            Vector512<ulong> product0 = c0 * Vector512.Create(Philox.Multiplier0);
            Vector512<ulong> product1 = c2 * Vector512.Create(Philox.Multiplier1);
            c0 = (product1 >>> 32) ^ c1 ^ Vector512.Create((ulong)key0);
            c2 = (product0 >>> 32) ^ c3 ^ Vector512.Create((ulong)key1);
            c1 = product1 & low;
            c3 = product0 & low;
            key0 += Philox.Weyl0;
            key1 += Philox.Weyl1;
        }

        return (Uniform(c0, c1), Uniform(c2, c3));
    }

    // Philox.Uniform: the odd number 2b + 1 of 53 bits is exact in double.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Uniform(Vector512<ulong> high, Vector512<ulong> low)
    {
        Vector512<ulong> bits = (high << 20) | (low >>> 12);
        return Vector512.ConvertToDouble((bits + bits) | Vector512<ulong>.One) * Vector512.Create(1.0 / 9007199254740992.0);
    }
}
