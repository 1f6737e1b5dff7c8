namespace RlmEngine.Kernels.Ilgpu.Device;

/// <summary>A warp's running sums over the blocks it walks, one lane's part of them.</summary>
/// <remarks>
/// A logit's weight is 2^y, y = (x − X) / (T ln 2), relative to a logit X that all lanes of the warp share: the largest one of the first
/// blocks, which moves when a chunk passes it by <see cref="Margin"/>. So a row is read once and the largest weight lies in [1, 2^Margin].
/// Chunks of 32 logits are added in single precision, chunks to the sums by two numbers.
/// </remarks>
internal struct RowSums
{
    private const float Margin = 1f;

    /// <summary>X; 0 while every logit was −∞.</summary>
    public float Reference;

    /// <summary>Largest logit so far, not scaled.</summary>
    public float Largest;

    public TwoFloat Sum;
    public TwoFloat Weighted;
    private float _limit;

    public static RowSums Start()
    {
        RowSums sums;
        sums.Reference = 0f;
        sums.Largest = float.NegativeInfinity;
        sums._limit = float.MinValue;
        sums.Sum = TwoFloat.Of(0f);
        sums.Weighted = TwoFloat.Of(0f);
        return sums;
    }

    /// <summary>Takes note of a chunk's largest logit and returns what sums before it are multiplied by.</summary>
    public static float Raise(ref RowSums sums, float largest, float step)
    {
        bool isFirst = sums.Largest == float.NegativeInfinity;
        sums.Largest = DeviceMath.Max(sums.Largest, largest);
        if (!(largest >= sums._limit)) return 1f;
        float d = (sums.Reference - largest) * step;
        float factor = isFirst || d < DeviceMath.LowestExponent ? 0f : DeviceMath.Exp2(d);
        float shift = factor == 0f ? 0f : d;
        sums.Weighted = TwoFloat.Multiply(TwoFloat.Add(sums.Weighted, TwoFloat.Multiply(sums.Sum, shift)), factor);
        sums.Sum = TwoFloat.Multiply(sums.Sum, factor);
        sums.Reference = largest;
        sums._limit = largest + (Margin / step);
        return factor;
    }

    /// <summary>Adds a chunk and returns its Σ 2^y.</summary>
    public static float Add(ref RowSums sums, Logits32 x, float step)
    {
        TwoFloat a = Weights(x.A, sums.Reference, step), b = Weights(x.B, sums.Reference, step);
        TwoFloat c = Weights(x.C, sums.Reference, step), d = Weights(x.D, sums.Reference, step);
        float sum = (a.High + b.High) + (c.High + d.High);
        sums.Sum = TwoFloat.Add(sums.Sum, sum);
        sums.Weighted = TwoFloat.Add(sums.Weighted, (a.Low + b.Low) + (c.Low + d.Low));
        return sum;
    }

    public static float Largest32(Logits32 x) =>
        DeviceMath.Max(DeviceMath.Max(Largest8(x.A), Largest8(x.B)), DeviceMath.Max(Largest8(x.C), Largest8(x.D)));

    private static float Largest8(Logits8 x) => DeviceMath.Max(
        DeviceMath.Max(DeviceMath.Max(x.X0, x.X1), DeviceMath.Max(x.X2, x.X3)),
        DeviceMath.Max(DeviceMath.Max(x.X4, x.X5), DeviceMath.Max(x.X6, x.X7)));

    // Σ 2^y and Σ 2^y y of eight logits.
    private static TwoFloat Weights(Logits8 x, float reference, float step)
    {
        float y0 = Exponent(x.X0, reference, step), y1 = Exponent(x.X1, reference, step);
        float y2 = Exponent(x.X2, reference, step), y3 = Exponent(x.X3, reference, step);
        float y4 = Exponent(x.X4, reference, step), y5 = Exponent(x.X5, reference, step);
        float y6 = Exponent(x.X6, reference, step), y7 = Exponent(x.X7, reference, step);
        float e0 = DeviceMath.Exp2(y0), e1 = DeviceMath.Exp2(y1), e2 = DeviceMath.Exp2(y2), e3 = DeviceMath.Exp2(y3);
        float e4 = DeviceMath.Exp2(y4), e5 = DeviceMath.Exp2(y5), e6 = DeviceMath.Exp2(y6), e7 = DeviceMath.Exp2(y7);
        float even = DeviceMath.MultiplyAdd(e2, y2, e0 * y0), odd = DeviceMath.MultiplyAdd(e3, y3, e1 * y1);
        even = DeviceMath.MultiplyAdd(e6, y6, DeviceMath.MultiplyAdd(e4, y4, even));
        odd = DeviceMath.MultiplyAdd(e7, y7, DeviceMath.MultiplyAdd(e5, y5, odd));
        return TwoFloat.Of(((e0 + e1) + (e2 + e3)) + ((e4 + e5) + (e6 + e7)), even + odd);
    }

    private static float Exponent(float x, float reference, float step)
    {
        float y = (x - reference) * step;
        return y < DeviceMath.LowestExponent ? DeviceMath.LowestExponent : y;
    }
}
