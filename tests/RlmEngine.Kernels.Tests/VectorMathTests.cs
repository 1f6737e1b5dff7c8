using System.Runtime.Intrinsics;

namespace RlmEngine.Kernels.Tests;

[TestFixture]
public sealed class VectorMathTests
{
    private static readonly float[] Special =
    [
        0f, -0f, 1f, -1f, float.Epsilon, -float.Epsilon, float.MaxValue, float.MinValue, float.PositiveInfinity, float.NegativeInfinity,
        float.NaN, -87.33654f, -87.4f, -100f, -103.9f, -103.98f, -104f, -105f, 88.72283f, 88.72284f, 89f, 90f, 1e-8f, -1e-8f, 0.34657359f, -0.34657359f,
    ];

    private static IEnumerable<float> DenseArguments()
    {
        // A stride prime to 2^23 walks all exponents and mantissas.
        for (long bits = 0; bits < uint.MaxValue; bits += 4001) yield return BitConverter.UInt32BitsToSingle((uint)bits);
        for (int i = -104_000; i <= 89_000; i++) yield return i / 1000f;
    }

    [Test]
    public void Exp_DenseArguments_IsWithinOneUlp()
    {
        double worst = 0;
        foreach (float x in DenseArguments())
        {
            if (!(x is > -87.3f and < 88.72f)) continue;
            double truth = Math.Exp(x);
            double ulp = MathF.BitIncrement((float)truth) - (double)(float)truth;
            worst = Math.Max(worst, Math.Abs(VectorMath.Exp(x) - truth) / ulp);
        }

        Assert.That(worst, Is.LessThanOrEqualTo(1.0));
    }

    [Test]
    public void Exp_SubnormalResults_AreWithinOneSpacingAndMonotonicToZero()
    {
        for (float x = -87f; x > -106f; x -= 0.0137f)
        {
            Assert.That((double)VectorMath.Exp(x), Is.EqualTo(Math.Exp(x)).Within(1.5e-45 + (1e-7 * Math.Exp(x))), $"exp({x})");
        }

        Assert.That(VectorMath.Exp(-104f), Is.Zero);
        Assert.That(VectorMath.Exp(-103.9f), Is.EqualTo(float.Epsilon));
    }

    [TestCase(float.NegativeInfinity, 0f)]
    [TestCase(float.MinValue, 0f)]
    [TestCase(float.PositiveInfinity, float.PositiveInfinity)]
    [TestCase(float.MaxValue, float.PositiveInfinity)]
    [TestCase(89f, float.PositiveInfinity)]
    [TestCase(0f, 1f)]
    [TestCase(-0f, 1f)]
    [TestCase(float.NaN, float.NaN)]
    public void Exp_SpecialArgument_IsExact(float x, float expected) => Assert.That(VectorMath.Exp(x), Is.EqualTo(expected));

    [Test]
    public void Exp_AnyWidth_GivesTheSameBits()
    {
        var lanes = new float[16];
        int filled = 0;
        long compared = 0;
        foreach (float x in Special.Concat(DenseArguments()))
        {
            lanes[filled++] = x;
            if (filled < 16) continue;
            filled = 0;
            Vector512<int> wide = VectorMath.Exp(Vector512.Create(lanes)).AsInt32();
            Vector512<int> pair = Vector512.Create(
                VectorMath.Exp(Vector256.Create(lanes, 0)), VectorMath.Exp(Vector256.Create(lanes, 8))).AsInt32();
            Assert.That(pair, Is.EqualTo(wide));
            for (int i = 0; i < 16; i += 4)
            {
                Vector128<int> quarter = VectorMath.Exp(Vector128.Create(lanes, i)).AsInt32();
                for (int j = 0; j < 4; j++)
                {
                    if (quarter[j] != wide[i + j] || BitConverter.SingleToInt32Bits(VectorMath.Exp(lanes[i + j])) != wide[i + j])
                        Assert.Fail($"exp({lanes[i + j]:R}) differs between widths");
                    compared++;
                }
            }
        }

        Assert.That(compared, Is.GreaterThan(1_000_000));
    }

    [Test]
    public void Exp2InRange_DenseArguments_IsWithinTwoUlpAndTheSameOnEveryWidth()
    {
        var lanes = new float[16];
        double worst = 0;
        for (float y = -150f; y < 126f; y += 16 * 0.00131f)
        {
            for (int i = 0; i < 16; i++) lanes[i] = y + (i * 0.00131f);
            Vector512<float> a = Vector512.Create(lanes), b = a - Vector512<float>.One, c = a * 0.5f, d = a * 0.25f;
            Vector512<int>[] narrow = [Eights(a), Fours(b), Eights(c), Fours(d)];
            VectorMath.Exp2InRange(ref a, ref b, ref c, ref d);
            Assert.That<Vector512<int>[]>([a.AsInt32(), b.AsInt32(), c.AsInt32(), d.AsInt32()], Is.EqualTo(narrow));
            for (int i = 0; i < 16; i++)
            {
                double truth = Math.Pow(2, lanes[i]);
                double ulp = Math.Max(float.Epsilon, MathF.BitIncrement((float)truth) - (double)(float)truth);
                worst = Math.Max(worst, Math.Abs(a[i] - truth) / ulp);
            }
        }

        Assert.That(worst, Is.LessThanOrEqualTo(2.0));

        static Vector512<int> Eights(Vector512<float> y) =>
            Vector512.Create(VectorMath.Exp2InRange(y.GetLower()), VectorMath.Exp2InRange(y.GetUpper())).AsInt32();

        static Vector512<int> Fours(Vector512<float> y) => Vector512.Create(
            Vector256.Create(VectorMath.Exp2InRange(y.GetLower().GetLower()), VectorMath.Exp2InRange(y.GetLower().GetUpper())),
            Vector256.Create(VectorMath.Exp2InRange(y.GetUpper().GetLower()), VectorMath.Exp2InRange(y.GetUpper().GetUpper()))).AsInt32();
    }

    [TestCase(0f, 1f)]
    [TestCase(1f, 2f)]
    [TestCase(-126f, 1.17549435e-38f)]
    [TestCase(-149f, float.Epsilon)]
    [TestCase(-150f, 0f)]
    [TestCase(float.NaN, float.NaN)]
    public void Exp2InRange_WholeArgument_IsExact(float y, float expected)
    {
        Vector512<float> a = Vector512.Create(y), b = a, c = a, d = a;
        VectorMath.Exp2InRange(ref a, ref b, ref c, ref d);
        Assert.That<float[]>([a[0], b[15], c[7], d[8]], Is.All.EqualTo(expected));
        Assert.That(VectorMath.Exp2InRange(Vector256.Create(y))[7], Is.EqualTo(expected));
        Assert.That(VectorMath.Exp2InRange(Vector128.Create(y))[3], Is.EqualTo(expected));
    }

    [Test]
    public void ExpDouble_DenseArguments_IsWithinTwoUlp()
    {
        double worst = 0;
        for (double x = -708; x < 709; x += 0.00317)
        {
            double truth = Math.Exp(x);
            worst = Math.Max(worst, Math.Abs(VectorMath.Exp(x) - truth) / (Math.BitIncrement(truth) - truth));
        }

        Assert.That(worst, Is.LessThanOrEqualTo(2.0));
    }

    [TestCase(0.0, 1.0)]
    [TestCase(double.NegativeInfinity, 0.0)]
    [TestCase(double.PositiveInfinity, double.PositiveInfinity)]
    [TestCase(double.NaN, double.NaN)]
    [TestCase(-745.0, double.Epsilon)]
    public void ExpDouble_SpecialArgument_IsExact(double x, double expected) => Assert.That(VectorMath.Exp(x), Is.EqualTo(expected));

    [Test]
    public void Log_DenseArguments_IsWithinTwoUlp()
    {
        double worst = 0;
        for (double x = 1e-320; x < 1e308; x *= 1.0137)
        {
            double truth = Math.Log(x);
            worst = Math.Max(worst, Math.Abs(VectorMath.Log(x) - truth) / (Math.BitIncrement(Math.Abs(truth)) - Math.Abs(truth)));
        }

        for (double x = 0.5; x < 2; x += 0.0000317)
        {
            double truth = Math.Log(x);
            worst = Math.Max(worst, Math.Abs(VectorMath.Log(x) - truth) / (Math.BitIncrement(Math.Abs(truth)) - Math.Abs(truth)));
        }

        Assert.That(worst, Is.LessThanOrEqualTo(2.0));
    }

    [TestCase(1.0, 0.0)]
    [TestCase(0.0, double.NegativeInfinity)]
    [TestCase(double.PositiveInfinity, double.PositiveInfinity)]
    [TestCase(-1.0, double.NaN)]
    [TestCase(double.NaN, double.NaN)]
    public void Log_SpecialArgument_IsExact(double x, double expected) => Assert.That(VectorMath.Log(x), Is.EqualTo(expected));
}
