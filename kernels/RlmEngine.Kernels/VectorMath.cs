using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RlmEngine.Kernels;

/// <summary>Exponential and logarithm whose bits are the same on every vector width and every processor.</summary>
/// <remarks>
/// The float exponential reduces x = n·ln 2 + r with a two-part ln 2 and explicit fused multiply-adds, evaluates the degree-7
/// polynomial of Cephes' expf on |r| ≤ ½ ln 2 and scales by 2ⁿ in two steps, so that subnormal results are rounded once.
/// Error at most 1 ulp on normal results; exp(−∞) = 0, exp(+∞) = +∞, NaN stays NaN. Each overload performs the same operations
/// lane by lane; none uses the platform's mathematical library.
/// </remarks>
public static partial class VectorMath
{
    // Below the first bound every result rounds to 0, above the second to +∞.
    internal const float LowestArgument = -104f;
    private const float HighestArgument = 89f;

    private const float Log2E = 1.44269504f;
    private const float Ln2High = 0.693147182464599609375f;
    private const float Ln2Low = -1.904654299957767e-9f;

    // 1.5 · 2²³: adding it leaves the nearest integer in the low bits of the sum.
    private const float Round = 12582912f;
    private const int RoundBits = 0x4B400000;

    // ln 2 in two parts, the first of 33 bits, so that its multiples by exponents are exact.
    private const double Ln2Head = 6.93147180369123816490e-01;
    private const double Ln2Rest = 1.90821492927058770002e-10;

    private const float C2 = 5.0000001201e-1f;
    private const float C3 = 1.6666665459e-1f;
    private const float C4 = 4.1665795894e-2f;
    private const float C5 = 8.3334519073e-3f;
    private const float C6 = 1.3981999507e-3f;
    private const float C7 = 1.9875691500e-4f;

    private static ReadOnlySpan<double> LogSeries =>
    [
        1.479819860511658591e-01, 1.531383769920937332e-01, 1.818357216161805012e-01, 2.222219843214978396e-01, 2.857142874366239149e-01,
        3.999999999940941908e-01, 6.666666666666735130e-01,
    ];

    /// <summary>eˣ of sixteen lanes.</summary>
    /// <param name="x">Any values.</param>
    /// <returns>eˣ, at most 1 ulp from the exact value.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp(Vector512<float> x) =>
        ExpInRange(InRange(x));

    /// <summary>eˣ of eight lanes, the same bits as <see cref="Exp(Vector512{float})"/>.</summary>
    /// <param name="x">Any values.</param>
    /// <returns>eˣ, at most 1 ulp from the exact value.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Exp(Vector256<float> x) =>
        ExpInRange(Vector256.MinNative(Vector256.Create(HighestArgument), Vector256.MaxNative(Vector256.Create(LowestArgument), x)));

    /// <summary>eˣ of four lanes, the same bits as <see cref="Exp(Vector512{float})"/>.</summary>
    /// <param name="x">Any values.</param>
    /// <returns>eˣ, at most 1 ulp from the exact value.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Exp(Vector128<float> x) =>
        ExpInRange(Vector128.MinNative(Vector128.Create(HighestArgument), Vector128.MaxNative(Vector128.Create(LowestArgument), x)));

    /// <summary>eˣ of one number, the same bits as <see cref="Exp(Vector512{float})"/>.</summary>
    /// <param name="x">Any value.</param>
    /// <returns>eˣ, at most 1 ulp from the exact value.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Exp(float x) => Exp(Vector128.Create(x)).ToScalar();

    /// <summary>The nearest arguments at which <see cref="ExpInRange(Vector512{float})"/> holds; NaN stays NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<float> InRange(Vector512<float> x) =>
        Vector512.MinNative(Vector512.Create(HighestArgument), Vector512.MaxNative(Vector512.Create(LowestArgument), x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<float> ExpInRange(Vector512<float> x)
    {
        Vector512<float> shifted = Vector512.FusedMultiplyAdd(x, Vector512.Create(Log2E), Vector512.Create(Round));
        Vector512<float> n = shifted - Vector512.Create(Round);
        Vector512<float> r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-Ln2High), x);
        r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-Ln2Low), r);
        Vector512<float> p = Vector512.FusedMultiplyAdd(Vector512.Create(C7), r, Vector512.Create(C6));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(C5));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(C4));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(C3));
        p = Vector512.FusedMultiplyAdd(p, r, Vector512.Create(C2));
        p = Vector512.FusedMultiplyAdd(p, r * r, r) + Vector512.Create(1f);
        return Scale(p, n);
    }

    /// <summary>The same for four vectors, step by step beside each other: more independent work than the processor finds by itself.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void ExpInRange(ref Vector512<float> a, ref Vector512<float> b, ref Vector512<float> c, ref Vector512<float> d)
    {
        Vector512<float> log2E = Vector512.Create(Log2E), round = Vector512.Create(Round);
        Vector512<float> na = Vector512.FusedMultiplyAdd(a, log2E, round) - round;
        Vector512<float> nb = Vector512.FusedMultiplyAdd(b, log2E, round) - round;
        Vector512<float> nc = Vector512.FusedMultiplyAdd(c, log2E, round) - round;
        Vector512<float> nd = Vector512.FusedMultiplyAdd(d, log2E, round) - round;
        Vector512<float> high = Vector512.Create(-Ln2High), low = Vector512.Create(-Ln2Low);
        Vector512<float> ra = Vector512.FusedMultiplyAdd(na, high, a), rb = Vector512.FusedMultiplyAdd(nb, high, b);
        Vector512<float> rc = Vector512.FusedMultiplyAdd(nc, high, c), rd = Vector512.FusedMultiplyAdd(nd, high, d);
        (ra, rb) = (Vector512.FusedMultiplyAdd(na, low, ra), Vector512.FusedMultiplyAdd(nb, low, rb));
        (rc, rd) = (Vector512.FusedMultiplyAdd(nc, low, rc), Vector512.FusedMultiplyAdd(nd, low, rd));
        Vector512<float> pa = Vector512.Create(C7), pb = pa, pc = pa, pd = pa;
        Horner(ref pa, ref pb, ref pc, ref pd, ra, rb, rc, rd, C6);
        Horner(ref pa, ref pb, ref pc, ref pd, ra, rb, rc, rd, C5);
        Horner(ref pa, ref pb, ref pc, ref pd, ra, rb, rc, rd, C4);
        Horner(ref pa, ref pb, ref pc, ref pd, ra, rb, rc, rd, C3);
        Horner(ref pa, ref pb, ref pc, ref pd, ra, rb, rc, rd, C2);
        Vector512<float> one = Vector512.Create(1f);
        a = Scale(Vector512.FusedMultiplyAdd(pa, ra * ra, ra) + one, na);
        b = Scale(Vector512.FusedMultiplyAdd(pb, rb * rb, rb) + one, nb);
        c = Scale(Vector512.FusedMultiplyAdd(pc, rc * rc, rc) + one, nc);
        d = Scale(Vector512.FusedMultiplyAdd(pd, rd * rd, rd) + one, nd);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Horner(
        ref Vector512<float> pa, ref Vector512<float> pb, ref Vector512<float> pc, ref Vector512<float> pd,
        Vector512<float> ra, Vector512<float> rb, Vector512<float> rc, Vector512<float> rd, float coefficient)
    {
        Vector512<float> next = Vector512.Create(coefficient);
        pa = Vector512.FusedMultiplyAdd(pa, ra, next);
        pb = Vector512.FusedMultiplyAdd(pb, rb, next);
        pc = Vector512.FusedMultiplyAdd(pc, rc, next);
        pd = Vector512.FusedMultiplyAdd(pd, rd, next);
    }

    // p · 2ⁿ rounded once: one instruction where there is one, else by two factors of which the first is exact.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Scale(Vector512<float> p, Vector512<float> n)
    {
        if (Avx512F.IsSupported) return Avx512F.Scale(p, n);
        Vector512<int> exponent = Vector512.ConvertToInt32(n);
        Vector512<int> half = exponent >> 1;
        Vector512<float> first = ((half + Vector512.Create(127)) << 23).AsSingle();
        Vector512<float> second = ((exponent - half + Vector512.Create(127)) << 23).AsSingle();
        return p * first * second;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<float> ExpInRange(Vector256<float> x)
    {
        Vector256<float> shifted = Vector256.FusedMultiplyAdd(x, Vector256.Create(Log2E), Vector256.Create(Round));
        Vector256<float> n = shifted - Vector256.Create(Round);
        Vector256<float> r = Vector256.FusedMultiplyAdd(n, Vector256.Create(-Ln2High), x);
        r = Vector256.FusedMultiplyAdd(n, Vector256.Create(-Ln2Low), r);
        Vector256<float> p = Vector256.FusedMultiplyAdd(Vector256.Create(C7), r, Vector256.Create(C6));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(C5));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(C4));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(C3));
        p = Vector256.FusedMultiplyAdd(p, r, Vector256.Create(C2));
        p = Vector256.FusedMultiplyAdd(p, r * r, r) + Vector256.Create(1f);
        Vector256<int> exponent = shifted.AsInt32() - Vector256.Create(RoundBits);
        Vector256<int> half = exponent >> 1;
        Vector256<float> first = ((half + Vector256.Create(127)) << 23).AsSingle();
        Vector256<float> second = ((exponent - half + Vector256.Create(127)) << 23).AsSingle();
        return p * first * second;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<float> ExpInRange(Vector128<float> x)
    {
        Vector128<float> shifted = Vector128.FusedMultiplyAdd(x, Vector128.Create(Log2E), Vector128.Create(Round));
        Vector128<float> n = shifted - Vector128.Create(Round);
        Vector128<float> r = Vector128.FusedMultiplyAdd(n, Vector128.Create(-Ln2High), x);
        r = Vector128.FusedMultiplyAdd(n, Vector128.Create(-Ln2Low), r);
        Vector128<float> p = Vector128.FusedMultiplyAdd(Vector128.Create(C7), r, Vector128.Create(C6));
        p = Vector128.FusedMultiplyAdd(p, r, Vector128.Create(C5));
        p = Vector128.FusedMultiplyAdd(p, r, Vector128.Create(C4));
        p = Vector128.FusedMultiplyAdd(p, r, Vector128.Create(C3));
        p = Vector128.FusedMultiplyAdd(p, r, Vector128.Create(C2));
        p = Vector128.FusedMultiplyAdd(p, r * r, r) + Vector128.Create(1f);
        Vector128<int> exponent = shifted.AsInt32() - Vector128.Create(RoundBits);
        Vector128<int> half = exponent >> 1;
        Vector128<float> first = ((half + Vector128.Create(127)) << 23).AsSingle();
        Vector128<float> second = ((exponent - half + Vector128.Create(127)) << 23).AsSingle();
        return p * first * second;
    }

    /// <summary>eˣ in double precision, from +, ×, and fused multiply-add alone.</summary>
    /// <param name="x">Any value.</param>
    /// <returns>eˣ, at most 2 ulp from the exact value; 0 below −746, +∞ above 710; NaN for NaN.</returns>
    public static double Exp(double x)
    {
        if (double.IsNaN(x)) return x;
        if (x < -746) return 0;
        if (x > 710) return double.PositiveInfinity;
        double n = Math.Round(x * 1.4426950408889634);
        double r = Math.FusedMultiplyAdd(n, -0.6931471805599453, x);
        r = Math.FusedMultiplyAdd(n, -2.3190468138462996e-17, r);
        double p = 1.0 / 6227020800;
        ReadOnlySpan<double> inverseFactorials =
        [
            1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040, 1.0 / 720, 1.0 / 120, 1.0 / 24,
            1.0 / 6, 0.5, 1.0, 1.0,
        ];
        foreach (double coefficient in inverseFactorials) p = Math.FusedMultiplyAdd(p, r, coefficient);
        int exponent = (int)n;
        int half = exponent >> 1;
        return p * PowerOfTwo(half) * PowerOfTwo(exponent - half);
    }

    /// <summary>ln x in double precision, from +, ×, ÷ and fused multiply-add alone.</summary>
    /// <param name="x">Any value.</param>
    /// <returns>ln x, at most 2 ulp from the exact value; −∞ for 0, NaN for negative numbers and NaN.</returns>
    public static double Log(double x)
    {
        if (double.IsNaN(x) || x < 0) return double.NaN;
        if (x == 0) return double.NegativeInfinity;
        if (double.IsPositiveInfinity(x)) return x;
        int exponent = 0;
        if (x < 2.2250738585072014e-308)
        {
            x *= 18014398509481984.0;
            exponent = -54;
        }

        long bits = BitConverter.DoubleToInt64Bits(x);
        exponent += (int)(bits >> 52) - 1023;
        double mantissa = BitConverter.Int64BitsToDouble((bits & 0xFFFFFFFFFFFFF) | 0x3FF0000000000000);
        if (mantissa > 1.4142135623730951)
        {
            mantissa *= 0.5;
            exponent++;
        }

        // ln(1 + f) = f − f²/2 + s(f²/2 + R(s²)), s = f / (2 + f): the reduction and minimax polynomial of fdlibm's log.
        double f = mantissa - 1;
        double s = f / (2 + f);
        double z = s * s;
        double series = LogSeries[0];
        foreach (double coefficient in LogSeries[1..]) series = Math.FusedMultiplyAdd(series, z, coefficient);
        double halfSquare = 0.5 * f * f;
        double tail = Math.FusedMultiplyAdd(exponent, Ln2Rest, s * (halfSquare + (z * series)));
        return (exponent * Ln2Head) - (halfSquare - tail - f);
    }

    /// <summary>ln x of eight lanes, the bits of <see cref="Log(double)"/>; every lane positive and normal, or its result means nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<double> LogOfNormal(Vector512<double> x)
    {
        Vector512<long> bits = x.AsInt64();
        Vector512<double> mantissa = ((bits & Vector512.Create(0xFFFFFFFFFFFFF)) | Vector512.Create(0x3FF0000000000000)).AsDouble();
        Vector512<double> isLarge = Vector512.GreaterThan(mantissa, Vector512.Create(1.4142135623730951));
        mantissa = Vector512.ConditionalSelect(isLarge, mantissa * Vector512.Create(0.5), mantissa);

        // A comparison's true is −1.
        Vector512<double> exponent = Vector512.ConvertToDouble((bits >> 52) - Vector512.Create(1023L) - isLarge.AsInt64());
        Vector512<double> f = mantissa - Vector512<double>.One;
        Vector512<double> s = f / (Vector512.Create(2.0) + f);
        Vector512<double> z = s * s;
        Vector512<double> series = Vector512.Create(LogSeries[0]);
        foreach (double coefficient in LogSeries[1..]) series = Vector512.FusedMultiplyAdd(series, z, Vector512.Create(coefficient));
        Vector512<double> halfSquare = Vector512.Create(0.5) * f * f;
        Vector512<double> tail = Vector512.FusedMultiplyAdd(exponent, Vector512.Create(Ln2Rest), s * (halfSquare + (z * series)));
        return (exponent * Vector512.Create(Ln2Head)) - (halfSquare - tail - f);
    }

    private static double PowerOfTwo(int exponent) => BitConverter.Int64BitsToDouble((long)(exponent + 1023) << 52);
}
