using ILGPU;

namespace RlmEngine.Kernels.Ilgpu.Device;

/// <summary>An unevaluated sum of two single-precision numbers, some 48 bits: what the kernels use where the CPU's use double.</summary>
/// <remarks>Dekker, "A floating-point technique for extending the available precision" (1971); Knuth's branch-free sum.</remarks>
internal struct TwoFloat
{
    /// <summary>The nearest single-precision number.</summary>
    public float High;

    /// <summary>What is missing from it.</summary>
    public float Low;

    public static TwoFloat Of(float value) => Of(value, 0f);

    public static TwoFloat Of(float high, float low)
    {
        TwoFloat result;
        result.High = high;
        result.Low = low;
        return result;
    }

    /// <summary>a + b without error.</summary>
    public static TwoFloat Sum(float a, float b)
    {
        float sum = a + b;
        float part = sum - a;
        return Of(sum, (a - (sum - part)) + (b - part));
    }

    /// <summary>a · b without error.</summary>
    public static TwoFloat Product(float a, float b)
    {
        float product = a * b;
        return Of(product, DeviceMath.MultiplyAdd(a, b, -product));
    }

    public static TwoFloat Add(TwoFloat a, float b)
    {
        TwoFloat sum = Sum(a.High, b);
        return Normal(sum.High, sum.Low + a.Low);
    }

    public static TwoFloat Add(TwoFloat a, TwoFloat b)
    {
        TwoFloat sum = Sum(a.High, b.High);
        return Normal(sum.High, sum.Low + (a.Low + b.Low));
    }

    public static TwoFloat Negative(TwoFloat a) => Of(-a.High, -a.Low);

    public static TwoFloat Multiply(TwoFloat a, float b)
    {
        TwoFloat product = Product(a.High, b);
        return Normal(product.High, DeviceMath.MultiplyAdd(a.Low, b, product.Low));
    }

    public static TwoFloat Multiply(TwoFloat a, TwoFloat b)
    {
        TwoFloat product = Product(a.High, b.High);
        return Normal(product.High, product.Low + ((a.High * b.Low) + (a.Low * b.High)));
    }

    public static TwoFloat Divide(TwoFloat a, TwoFloat b)
    {
        float quotient = a.High / b.High;
        TwoFloat rest = Add(a, Negative(Multiply(b, quotient)));
        return Normal(quotient, rest.High / b.High);
    }

    /// <summary>√a for a ≥ 0.</summary>
    public static TwoFloat SquareRoot(TwoFloat a)
    {
        if (!(a.High > 0)) return a;
        // Half the exponent is a root within 4 %; Newton's step squares that error three times.
        uint bits = Interop.FloatAsInt(a.High);
        float root = Interop.IntAsFloat((bits >> 1) + 0x1FBD1DF5);
        root = 0.5f * (root + (a.High / root));
        root = 0.5f * (root + (a.High / root));
        root = 0.5f * (root + (a.High / root));
        TwoFloat rest = Add(a, Negative(Product(root, root)));
        return Normal(root, rest.High / (2f * root));
    }

    /// <summary>ln a for a normal a > 0, with an error of some 10⁻¹⁰ in absolute terms or relative ones, whichever is more.</summary>
    public static TwoFloat Log(TwoFloat a)
    {
        uint bits = Interop.FloatAsInt(a.High);
        // Relative to √½, so that the mantissa lies in [√½, √2).
        int exponent = (int)(bits - 0x3F3504F3) >> 23;
        float scale = Interop.IntAsFloat((uint)(127 - exponent) << 23);
        TwoFloat mantissa = Of(a.High * scale, a.Low * scale);
        TwoFloat z = Divide(Add(mantissa, -1f), Add(mantissa, 1f));
        float square = z.High * z.High;
        float series = DeviceMath.MultiplyAdd(square, 0.18181818f, 0.22222222f);
        series = DeviceMath.MultiplyAdd(series, square, 0.28571429f);
        series = DeviceMath.MultiplyAdd(series, square, 0.4f);
        series = DeviceMath.MultiplyAdd(series, square, 0.66666667f);
        float count = (float)exponent;
        TwoFloat whole = Sum(count * 0.693145751953125f, count * 1.42860682e-6f);
        TwoFloat log = Add(whole, Of(2f * z.High, 2f * z.Low));
        return Add(log, z.High * square * series);
    }

    private static TwoFloat Normal(float high, float low)
    {
        float sum = high + low;
        return Of(sum, low - (sum - high));
    }
}
