using RlmEngine.Kernels.Dense;

namespace RlmEngine.Kernels.Tests.Dense;

/// <summary>Products with bfloat16 panels are, bit for bit, the float32 products of a weight that was rounded before.</summary>
[NonParallelizable]
public class Bfloat16Tests
{
    /// <summary>Every number of rows to 100, and sizes around panels and blocks of k.</summary>
    private static IEnumerable<(int M, int O, int I)> Sizes()
    {
        for (int m = 1; m <= 100; m++)
            yield return (m, 33, 17);
        foreach (int size in DenseTest.OddSizes)
        {
            yield return (8, size, 31);
            yield return (1, 17, size);
            yield return (2, size, 129);
        }

        yield return (8, 300, 600);
        yield return (1, 290, 530);
        yield return (259, 129, 300);
        yield return (5, 45, 8200);
        yield return (8, 4100, 20);
        yield return (70, 600, 33);
        yield return (0, 5, 5);
    }

    [TestCaseSource(nameof(Sizes))]
    public void Forward_AnySize_HasTheBitsOfRoundedWeights((int M, int O, int I) size)
    {
        (int m, int o, int i) = size;
        float[] x = DenseTest.Numbers(m * i, 1), w = DenseTest.Numbers(o * i, 2), old = DenseTest.Numbers(m * o, 3);
        using PackedMatrix packed = Pack(w, o, i);
        foreach (bool accumulate in new[] { false, true })
        {
            float[] expected = [.. old];
            Gemm.ForwardReference<float>(x, Array.ConvertAll(w, Rounded), m, o, i, expected, accumulate);
            float[] actual = DenseTest.SameBitsEverywhere(() =>
            {
                float[] y = [.. old];
                Gemm.Forward(x, m, packed, y, accumulate);
                return y;
            });
            Assert.That(DenseTest.Bits(actual), Is.EqualTo(DenseTest.Bits(expected)), $"accumulate {accumulate}");
        }
    }

    [TestCaseSource(nameof(Sizes))]
    public void BackwardInput_AnySize_HasTheBitsOfRoundedWeights((int M, int O, int I) size)
    {
        (int m, int o, int i) = size;
        float[] dy = DenseTest.Numbers(m * o, 1), w = DenseTest.Numbers(o * i, 2), old = DenseTest.Numbers(m * i, 3);
        using PackedMatrix packed = Pack(w, o, i);
        foreach (bool accumulate in new[] { false, true })
        {
            float[] expected = [.. old];
            Gemm.BackwardInputReference<float>(dy, Array.ConvertAll(w, Rounded), m, o, i, expected, accumulate);
            float[] actual = DenseTest.SameBitsEverywhere(() =>
            {
                float[] dx = [.. old];
                Gemm.BackwardInput(dy, m, packed, dx, accumulate);
                return dx;
            });
            Assert.That(DenseTest.Bits(actual), Is.EqualTo(DenseTest.Bits(expected)), $"accumulate {accumulate}");
        }
    }

    [Test]
    public void OutputRanges_OfBfloat16_AreThoseOfRoundedWeights()
    {
        const int m = 6, o = 150, i = 45, first = 64, count = 50;
        float[] x = DenseTest.Numbers(m * i, 1), w = DenseTest.Numbers(o * i, 2), dy = DenseTest.Numbers(m * count, 3);
        float[] part = Array.ConvertAll(w, Rounded)[(first * i)..((first + count) * i)];
        float[] expectedY = new float[m * count], y = new float[m * count], expectedDx = new float[m * i], dx = new float[m * i];
        using PackedMatrix packed = Pack(w, o, i);
        Gemm.ForwardReference<float>(x, part, m, count, i, expectedY);
        Gemm.BackwardInputReference<float>(dy, part, m, count, i, expectedDx);
        Gemm.ForwardOutputs(x, m, packed, first, count, y);
        Gemm.BackwardInputOutputs(dy, m, packed, first, count, dx);
        Assert.That(DenseTest.Bits(y), Is.EqualTo(DenseTest.Bits(expectedY)));
        Assert.That(DenseTest.Bits(dx), Is.EqualTo(DenseTest.Bits(expectedDx)));
    }

    [Test]
    public void Pack_Again_TakesOverTheNewWeights()
    {
        float[] w = [1.003f, -2.5f, 3.141f, 0.1f, 7, 1e-3f];
        using PackedMatrix packed = Pack(w, 2, 3);
        packed.Pack(Array.ConvertAll(w, value => 3 * value));
        float[] y = new float[2], dx = new float[3];
        Gemm.Forward(new float[] { 0, 0, 1 }, 1, packed, y);
        Gemm.BackwardInput(new float[] { 0, 1 }, 1, packed, dx);
        Assert.That(y, Is.EqualTo(new[] { Rounded(3 * 3.141f), Rounded(3 * 1e-3f) }));
        Assert.That(dx, Is.EqualTo(new[] { Rounded(3 * 0.1f), 21, Rounded(3 * 1e-3f) }));
    }

    /// <summary>Ties, subnormals, numbers that round to the next power of two or beyond the largest number, and infinities.</summary>
    [TestCase(0x3F808000u, 0x3F800000u)]
    [TestCase(0x3F818000u, 0x3F820000u)]
    [TestCase(0x3F808001u, 0x3F810000u)]
    [TestCase(0xBFFFFFFFu, 0xC0000000u)]
    [TestCase(0x00000001u, 0x00000000u)]
    [TestCase(0x00018000u, 0x00020000u)]
    [TestCase(0x7F7FFFFFu, 0x7F800000u)]
    [TestCase(0xFF800000u, 0xFF800000u)]
    public void Product_OfOneWeight_IsItsRounding(uint bits, uint rounded)
    {
        float w = BitConverter.UInt32BitsToSingle(bits), expected = BitConverter.UInt32BitsToSingle(rounded);
        float[] y = DenseTest.SameBitsEverywhere(() =>
        {
            var result = new float[34];
            using PackedMatrix packed = Pack([.. Enumerable.Repeat(w, 34)], 34, 1);
            Gemm.Forward(new float[] { 1 }, 1, packed, result);
            return result;
        });
        Assert.That(y, Is.All.EqualTo(expected));
        foreach (int count in new[] { 1, 7, 8, 9, 21 })
        {
            float[] values = [.. Enumerable.Repeat(w, count)];
            HalfPrecision.RoundToBfloat16(values);
            Assert.That(DenseTest.Bits(values), Is.All.EqualTo(unchecked((int)rounded)));
        }
    }

    [Test]
    public void RoundToBfloat16_AnyNumbers_AreTheNearest()
    {
        float[] values = DenseTest.Numbers(1003, 7), expected = Array.ConvertAll(values, Rounded);
        HalfPrecision.RoundToBfloat16(values);
        Assert.That(values, Is.EqualTo(expected));
        float[] notANumber = [float.NaN, 1];
        HalfPrecision.RoundToBfloat16(notANumber);
        Assert.That(notANumber, Is.EqualTo(new[] { float.NaN, 1 }));
    }

    [Test]
    public void Gather_OfBfloat16_RoundsRowsAndLeavesTheTable()
    {
        float[] table = DenseTest.Numbers(5 * 19, 4), before = [.. table], rows = new float[3 * 19];
        Embedding.Gather(table, [4, 0, 4], rows, 19, PanelType.Bfloat16);
        Assert.That(rows, Is.EqualTo(new[] { 4, 0, 4 }.SelectMany(token => before[(token * 19)..((token + 1) * 19)]).Select(Rounded)));
        Assert.That(table, Is.EqualTo(before));
    }

    [TestCase(33, 32, 2 * (64 * 32 + 32 * 33))]
    [TestCase(1, 1, 2 * (32 + 32))]
    public void Bytes_OfBfloat16Panels_AreHalf(int outputs, int inputs, long bytes) => Assert.That(
        PackedMatrix.ForwardBytes(outputs, inputs, PanelType.Bfloat16) + PackedMatrix.BackwardBytes(outputs, inputs, PanelType.Bfloat16),
        Is.EqualTo(bytes));

    /// <summary>The nearest of both neighbours, by their distance; of two that are as near the one whose last bit is 0.</summary>
    private static float Rounded(float value)
    {
        uint lower = BitConverter.SingleToUInt32Bits(value) & 0xFFFF0000;
        float toZero = BitConverter.UInt32BitsToSingle(lower), away = BitConverter.UInt32BitsToSingle(lower + 0x10000);
        double near = Math.Abs((double)value - toZero), far = Math.Abs((double)away - value);
        return near < far || (near == far && (lower & 0x10000) == 0) ? toZero : away;
    }

    private static PackedMatrix Pack(float[] w, int outputs, int inputs)
    {
        PackedMatrix packed = new(outputs, inputs, PanelType.Bfloat16);
        packed.Pack(w);
        return packed;
    }
}
