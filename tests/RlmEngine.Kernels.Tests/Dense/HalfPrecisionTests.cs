using System.Runtime.InteropServices;
using RlmEngine.Kernels.Dense;

namespace RlmEngine.Kernels.Tests.Dense;

/// <summary>All 65,536 values of both formats, and rounding against the exact neighbours.</summary>
[TestFixture]
public class HalfPrecisionTests
{
    private static readonly ushort[] s_all = [.. Enumerable.Range(0, 65_536).Select(i => (ushort)i)];

    [TestCase(0)]
    [TestCase(1)]
    public void FromBfloat16_EveryValue_IsTheUpperHalf(int shift)
    {
        float[] values = new float[65_536];
        HalfPrecision.FromBfloat16(Bytes(s_all, shift), values);
        Assert.That(values.Select(BitConverter.SingleToUInt32Bits), Is.EqualTo(s_all.Select(bits => (uint)bits << 16)));
    }

    [TestCase(0)]
    [TestCase(1)]
    public void FromFloat16_EveryValue_IsTheRuntimesOwnAndNaNsKeepTheirPayload(int shift)
    {
        float[] values = new float[65_536];
        HalfPrecision.FromFloat16(Bytes(s_all, shift), values);
        for (int i = 0; i < values.Length; i++)
        {
            float expected = (float)BitConverter.UInt16BitsToHalf((ushort)i);
            uint bits = float.IsNaN(expected) ? (((uint)i & 0x8000u) << 16) | 0x7F800000u | (((uint)i & 0x3FFu) << 13) : BitConverter.SingleToUInt32Bits(expected);
            float[] alone = new float[1];
            HalfPrecision.FromFloat16(Bytes([(ushort)i], shift), alone);
            if (BitConverter.SingleToUInt32Bits(values[i]) != bits || BitConverter.SingleToUInt32Bits(alone[0]) != bits)
                Assert.Fail($"{i:X4}: {values[i]} among others and {alone[0]} alone, not {expected}");
        }
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(15)]
    [TestCase(16)]
    [TestCase(17)]
    [TestCase(47)]
    public void FromAndTo_OddLengths_TouchNothingElse(int count)
    {
        Random random = new(count);
        byte[] source = new byte[2 * count];
        random.NextBytes(source);
        float[] values = new float[count + 1];
        values[count] = 7;
        HalfPrecision.FromBfloat16(source, values.AsSpan(0, count));
        for (int i = 0; i < count; i++)
            Assert.That(BitConverter.SingleToUInt32Bits(values[i]) >> 16, Is.EqualTo(BitConverter.ToUInt16(source, 2 * i)));
        float[] halves = new float[count + 1];
        halves[count] = 7;
        HalfPrecision.FromFloat16(source, halves.AsSpan(0, count));
        for (int i = 0; i < count; i++)
            Assert.That(halves[i], Is.EqualTo((float)BitConverter.ToHalf(source, 2 * i)));
        byte[] back = new byte[2 * count + 1];
        back[^1] = 7;
        float[] numbers = [.. values.Take(count).Select(v => float.IsNaN(v) ? 1 : v)];
        HalfPrecision.ToBfloat16(numbers, back.AsSpan(0, 2 * count));
        Assert.That(MemoryMarshal.Cast<byte, ushort>(back.AsSpan(0, 2 * count)).ToArray(), Is.EqualTo(numbers.Select(v => (ushort)(BitConverter.SingleToUInt32Bits(v) >> 16))));
        Assert.That((values[count], halves[count], back[^1]), Is.EqualTo((7f, 7f, (byte)7)));
    }

    /// <summary>Between each pair of neighbours: below the middle down, above it up, on it to the even one.</summary>
    [Test]
    public void ToBfloat16_BetweenNeighbours_RoundsToNearestTiesToEven()
    {
        List<float> values = [];
        List<ushort> expected = [];
        for (uint upper = 0; upper < 65_536; upper++)
        {
            if ((upper & 0x7FFF) >= 0x7F80)
                continue;
            foreach ((uint lower, bool up) in new[] { (0u, false), (1u, false), (0x7FFFu, false), (0x8000u, (upper & 1) == 1), (0x8001u, true), (0xFFFFu, true) })
            {
                values.Add(BitConverter.UInt32BitsToSingle((upper << 16) | lower));
                expected.Add((ushort)(upper + (up ? 1u : 0)));
            }
        }

        Assert.That(Rounded([.. values]), Is.EqualTo(expected));
    }

    [TestCase(0x7F800000u, 0x7F80)]
    [TestCase(0xFF800000u, 0xFF80)]
    [TestCase(0x7F800001u, 0x7FC0)]
    [TestCase(0x7FC00000u, 0x7FC0)]
    [TestCase(0xFFFFFFFFu, 0xFFFF)]
    [TestCase(0x7FFFFFFFu, 0x7FFF)]
    [TestCase(0x7F7FFFFFu, 0x7F80)]
    [TestCase(0x80000000u, 0x8000)]
    public void ToBfloat16_SpecialValues_StayWhatTheyAre(uint bits, int expected)
    {
        float value = BitConverter.UInt32BitsToSingle(bits);
        Assert.That(Rounded([.. Enumerable.Repeat(value, 19)]), Is.EqualTo(Enumerable.Repeat((ushort)expected, 19)));
    }

    [Test]
    public void ToBfloat16Pairs_AnyNumbers_AreThoseOfBothHalves([Values(0, 1, 7, 8, 16, 21)] int pairs)
    {
        float[] values = [.. DenseTest.Numbers(2 * pairs, pairs)];
        if (pairs > 0) (values[0], values[^1]) = (float.NaN, float.MaxValue);
        uint[] words = new uint[pairs];
        HalfPrecision.ToBfloat16Pairs(values, words);
        ushort[] rounded = Rounded(values);
        Assert.That(words, Is.EqualTo(Enumerable.Range(0, pairs).Select(i => rounded[i] | ((uint)rounded[pairs + i] << 16))));
    }

    [Test]
    public void Conversions_LengthsThatDisagree_Throw()
    {
        Assert.That(() => HalfPrecision.ToBfloat16Pairs(new float[3], new uint[2]), Throws.ArgumentException);
        Assert.That(() => HalfPrecision.FromBfloat16(new byte[3], new float[2]), Throws.ArgumentException);
        Assert.That(() => HalfPrecision.FromFloat16(new byte[4], new float[1]), Throws.ArgumentException);
        Assert.That(() => HalfPrecision.ToBfloat16(new float[2], new byte[5]), Throws.ArgumentException);
    }

    private static ushort[] Rounded(float[] values)
    {
        byte[] bytes = new byte[2 * values.Length];
        HalfPrecision.ToBfloat16(values, bytes);
        return MemoryMarshal.Cast<byte, ushort>(bytes).ToArray();
    }

    private static ReadOnlySpan<byte> Bytes(ushort[] bits, int shift)
    {
        byte[] bytes = new byte[2 * bits.Length + shift];
        MemoryMarshal.AsBytes(bits.AsSpan()).CopyTo(bytes.AsSpan(shift));
        return bytes.AsSpan(shift);
    }
}
