using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace RlmEngine.Kernels.Rollout;

/// <summary>The running sums of a row, to which one block of logits after another is added.</summary>
/// <remarks>
/// <para>A logit's weight is 2^y, y = (x − X) / (T ln 2), relative to a logit X of the row. X is the first block's maximum, and moves
/// only to that of a block that passes it by <see cref="Margin"/> or more, which is then summed again. So a row is read once, its largest
/// weight lies in [1, 2^Margin], and the weight of a token that has more than half of the mass is 1.</para>
/// <para>A row is walked in blocks of <see cref="BlockSize"/> logits. Within a block two times sixteen lanes sum in single precision; a
/// short last vector is filled up with −∞, and the lanes are folded by halves in double; blocks are added in order in double. So the order
/// of summation is a property of the row alone.</para>
/// </remarks>
internal struct RowAccumulator
{
    public const int Lanes = 16;
    public const int BlockSize = 1024;

    private const float Margin = 1f;
    private const double Ln2 = 0.69314718055994530942;

    private readonly float _scale;
    private readonly float _step;
    private double _sum;
    private double _weightedSum;
    private float _limit = float.PositiveInfinity;
    private float _largest = float.NegativeInfinity;
    private int _maxBlock;

    /// <summary>Begins a row whose logits are multiplied by <paramref name="scale"/>.</summary>
    public RowAccumulator(float scale)
    {
        _scale = scale;
        _step = (float)Math.Min(scale / Ln2, float.MaxValue);
    }

    /// <summary>The logit X that block sums are relative to; 0 while there is none.</summary>
    public float Reference { get; private set; }

    private readonly float Max => _largest * _scale;

    public static int BlockCount(int vocabulary) => (vocabulary + BlockSize - 1) / BlockSize;

    /// <summary>Adds one block and returns its Σ 2^y; the largest logits of the sixteen lanes go to <paramref name="laneMaxima"/>.</summary>
    public double Append<TLanes>(ReadOnlySpan<float> block, int offset, Span<float> laneMaxima)
        where TLanes : struct, IRowLanes<TLanes>
    {
        if (float.IsNegativeInfinity(_largest))
        {
            Maxima<TLanes>(block).Store(ref laneMaxima[0]);
            MoveTo(Largest(laneMaxima));
        }

        double sum = Sums<TLanes>(block, laneMaxima, out double weightedSum);
        float largest = Largest(laneMaxima);
        if (largest >= _limit)
        {
            MoveTo(largest);
            sum = Sums<TLanes>(block, laneMaxima, out weightedSum);
        }

        // The lowest of logits that are equal once they are scaled is the most likely token.
        if (largest * _scale > Max) _maxBlock = offset;
        _largest = Math.Max(_largest, largest);
        _sum += sum;
        _weightedSum += weightedSum;
        return sum;
    }

    public readonly RowStatistics Finish(ReadOnlySpan<float> logits_V)
    {
        if (double.IsNaN(_sum) || float.IsPositiveInfinity(Max)) return new RowStatistics(_scale, float.NaN, double.NaN, float.NaN, float.NaN, 0);
        if (float.IsNegativeInfinity(Max))
            return new RowStatistics(_scale, Max, double.NegativeInfinity, float.NegativeInfinity, 0f, 0);
        double sum = VectorMath.Log(_sum), mean = _weightedSum / _sum, top = Exponent(_largest);
        float entropy = Math.Clamp((float)(sum - (Ln2 * mean)), 0f, EntropyLimit(logits_V.Length));

        // The step is rounded to single precision, as if the temperature were another: d ln s / d ln(1/T) takes that back.
        double rounding = (_step * Ln2 / _scale) - 1;
        double logSum = sum - (Ln2 * (top + (rounding * (mean - top))));
        int argMax = _maxBlock;
        while (logits_V[argMax] * _scale != Max) argMax++;
        return new RowStatistics(_scale, Max, logSum, (float)(Max + logSum), entropy, argMax);
    }

    /// <summary>What a sum relative to a logit X is multiplied by to be Σ e^(x' − m), once the whole row is read.</summary>
    public readonly double WeightOf(float reference) => VectorMath.Exp(Ln2 * (Exponent(reference) - Exponent(_largest)));

    /// <summary>The largest of sixteen lanes, none of which is NaN.</summary>
    public static float Largest(ReadOnlySpan<float> lanes)
    {
        Vector256<float> eight = Vector256.MaxNative(Vector256.Create(lanes), Vector256.Create(lanes[8..]));
        Vector128<float> four = Vector128.MaxNative(eight.GetLower(), eight.GetUpper());
        return Math.Max(Math.Max(four[0], four[1]), Math.Max(four[2], four[3]));
    }

    /// <summary>Sums sixteen lanes by halves in double: i and i + 8, then i + 4, i + 2, i + 1.</summary>
    public static double Fold(ReadOnlySpan<float> lanes)
    {
        (Vector256<double> a, Vector256<double> b) = Vector256.Widen(Vector256.Create(lanes));
        (Vector256<double> c, Vector256<double> d) = Vector256.Widen(Vector256.Create(lanes[8..]));
        Vector256<double> four = (a + c) + (b + d);
        Vector128<double> two = four.GetLower() + four.GetUpper();
        return two[0] + two[1];
    }

    /// <summary>The largest float that is not above ln V.</summary>
    public static float EntropyLimit(int vocabulary)
    {
        double limit = VectorMath.Log(vocabulary);
        float rounded = (float)limit;
        return rounded > limit ? MathF.BitDecrement(rounded) : rounded;
    }

    public static void FillTail(ReadOnlySpan<float> rest, Span<float> tail)
    {
        tail.Fill(float.NegativeInfinity);
        rest.CopyTo(tail);
    }

    private static TLanes Maxima<TLanes>(ReadOnlySpan<float> block)
        where TLanes : struct, IRowLanes<TLanes>
    {
        TLanes a = TLanes.Broadcast(float.NegativeInfinity), b = a;
        ref float start = ref MemoryMarshal.GetReference(block);
        int i = 0;
        for (; i <= block.Length - (2 * Lanes); i += 2 * Lanes)
        {
            a = TLanes.Max(TLanes.Load(in Unsafe.Add(ref start, i)), a);
            b = TLanes.Max(TLanes.Load(in Unsafe.Add(ref start, i + Lanes)), b);
        }

        if (i == block.Length) return TLanes.Max(a, b);
        Span<float> rest = stackalloc float[2 * Lanes];
        FillTail(block[i..], rest);
        return TLanes.Max(TLanes.Max(TLanes.Load(in rest[0]), a), TLanes.Max(TLanes.Load(in rest[Lanes]), b));
    }

    // The bound keeps (−∞) · 0 out of the weighted sum: 2^y is 0 from there down. The second turn is for what is left of four vectors.
    // Nothing is called while a sum is in a register: the compiler would keep it in memory through the whole loop.
    private readonly double Sums<TLanes>(ReadOnlySpan<float> block, Span<float> laneMaxima, out double weightedSum)
        where TLanes : struct, IRowLanes<TLanes>
    {
        int whole = block.Length & -(4 * Lanes), count = whole;
        Span<float> rest = stackalloc float[4 * Lanes];
        if (whole < block.Length) FillTail(block[whole..], rest);
        TLanes reference = TLanes.Broadcast(Reference), step = TLanes.Broadcast(_step), lowest = TLanes.Broadcast(VectorMath.LowestExponent);
        TLanes sumA = TLanes.Broadcast(0f), sumB = sumA, weightedA = sumA, weightedB = sumA;
        TLanes maxA = TLanes.Broadcast(float.NegativeInfinity), maxB = maxA;
        scoped ref float start = ref MemoryMarshal.GetReference(block);
        for (bool isLast = whole == block.Length; ; isLast = true)
        {
            for (int i = 0; i < count; i += 4 * Lanes)
            {
                ref float at = ref Unsafe.Add(ref start, i);
                RowMemory.Prefetch(ref at);
                RowMemory.Prefetch(ref Unsafe.Add(ref at, 2 * Lanes));
                TLanes xa = TLanes.Load(in at), xb = TLanes.Load(in Unsafe.Add(ref at, Lanes));
                TLanes xc = TLanes.Load(in Unsafe.Add(ref at, 2 * Lanes)), xd = TLanes.Load(in Unsafe.Add(ref at, 3 * Lanes));
                (maxA, maxB) = (TLanes.Max(xc, TLanes.Max(xa, maxA)), TLanes.Max(xd, TLanes.Max(xb, maxB)));
                TLanes ya = TLanes.Max(lowest, (xa - reference) * step), yb = TLanes.Max(lowest, (xb - reference) * step);
                TLanes yc = TLanes.Max(lowest, (xc - reference) * step), yd = TLanes.Max(lowest, (xd - reference) * step);
                TLanes ea = ya, eb = yb, ec = yc, ed = yd;
                TLanes.Exp2InRange(ref ea, ref eb, ref ec, ref ed);
                (sumA, sumB) = (sumA + ea + ec, sumB + eb + ed);
                weightedA = TLanes.MultiplyAdd(ec, yc, TLanes.MultiplyAdd(ea, ya, weightedA));
                weightedB = TLanes.MultiplyAdd(ed, yd, TLanes.MultiplyAdd(eb, yb, weightedB));
            }

            if (isLast) break;
            start = ref MemoryMarshal.GetReference(rest);
            count = rest.Length;
        }

        Span<float> sums = stackalloc float[2 * Lanes];
        (sumA + sumB).Store(ref sums[0]);
        (weightedA + weightedB).Store(ref sums[Lanes]);
        TLanes.Max(maxA, maxB).Store(ref laneMaxima[0]);
        weightedSum = Fold(sums[Lanes..]);
        return Fold(sums);
    }

    private readonly double Exponent(float logit) => ((double)logit - Reference) * _step;

    // (X, s, t) to another X: with d the old one's y relative to the new, t becomes 2^d (t + d·s) and s becomes 2^d s.
    private void MoveTo(float reference)
    {
        if (float.IsNegativeInfinity(reference)) return;
        if (!float.IsNegativeInfinity(_largest))
        {
            double d = -Exponent(reference);
            double factor = VectorMath.Exp(Ln2 * d);
            _weightedSum = factor * (_weightedSum + (d * _sum));
            _sum *= factor;
        }

        Reference = reference;
        _limit = Math.Max(reference + (Margin / _step), MathF.BitIncrement(reference));
    }
}
