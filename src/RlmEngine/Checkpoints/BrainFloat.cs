using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace RlmEngine.Checkpoints;

/// <summary>bfloat16: the upper half of a float32, rounded to nearest, ties to even; NaN stays NaN.</summary>
internal static class BrainFloat
{
    private const uint QuietBit = 0x40;
    private const uint Infinity = 0x7F80_0000;

    /// <summary>Rounds float32 numbers.</summary>
    /// <param name="numbers">Any numbers.</param>
    /// <param name="bits">As many bfloat16 numbers, by their bits.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Round(ReadOnlySpan<float> numbers, Span<ushort> bits)
    {
        if (bits.Length != numbers.Length)
            throw new ArgumentException($"{numbers.Length} numbers and room for {bits.Length}");
        ReadOnlySpan<uint> source = MemoryMarshal.Cast<float, uint>(numbers);
        int at = 0;
        for (; at <= source.Length - (2 * Vector256<uint>.Count); at += 2 * Vector256<uint>.Count)
        {
            Vector256<uint> low = Round(Vector256.Create(source[at..]));
            Vector256<uint> high = Round(Vector256.Create(source[(at + Vector256<uint>.Count)..]));
            Vector256.Narrow(low, high).CopyTo(bits[at..]);
        }

        for (; at < source.Length; at++)
            bits[at] = (ushort)Round(Vector256.Create(source[at])).ToScalar();
    }

    private static Vector256<uint> Round(Vector256<uint> source)
    {
        Vector256<uint> upper = source >>> 16;
        Vector256<uint> rounded = (source + Vector256.Create(0x7FFFu) + (upper & Vector256<uint>.One)) >>> 16;
        Vector256<uint> isNaN = Vector256.GreaterThan(source & Vector256.Create(0x7FFF_FFFFu), Vector256.Create(Infinity));
        return Vector256.ConditionalSelect(isNaN, upper | Vector256.Create(QuietBit), rounded);
    }
}
