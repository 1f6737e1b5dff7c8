using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace RlmEngine.Kernels.Rollout;

/// <summary>The running (m, s, t) of a row, to which one block of logits after another is added.</summary>
/// <remarks>
/// A row is walked in blocks of <see cref="BlockSize"/> logits. Within a block sixteen lanes sum in single precision, a short last
/// vector is filled up with −∞, and the lanes are folded by halves in double; blocks are added in order in double. So the order
/// of summation is a property of the row alone.
/// </remarks>
internal struct RowAccumulator(float scale)
{
    public const int Lanes = 16;
    public const int BlockSize = 1024;

    private readonly float _scale = scale;
    private double _sum;
    private double _weightedSum;
    private int _maxBlock;

    public float Max { get; private set; } = float.NegativeInfinity;

    /// <summary>The largest x' of the block added last.</summary>
    public float BlockMax { get; private set; }

    /// <summary>What block sums are relative to: the maximum so far, or 0 while there is none.</summary>
    public readonly float Reference => float.IsNegativeInfinity(Max) ? 0f : Max;

    public static int BlockCount(int vocabulary) => (vocabulary + BlockSize - 1) / BlockSize;

    /// <summary>Adds one block and returns its Σ e^(x' − Reference); the sixteen lanes' maxima go to <paramref name="laneMaxima"/>.</summary>
    public double Append<TLanes>(ReadOnlySpan<float> block, int offset, Span<float> laneMaxima)
        where TLanes : struct, IRowLanes<TLanes>
    {
        int whole = block.Length & -Lanes;
        Span<float> tail = stackalloc float[Lanes];
        if (whole < block.Length) FillTail(block[whole..], tail);
        Maxima<TLanes>(block, whole, tail).Store(ref laneMaxima[0]);
        float blockMax = BlockMax = Largest(laneMaxima);
        if (blockMax > Max)
        {
            Rescale(blockMax);
            _maxBlock = offset;
        }

        double blockSum = Sums<TLanes>(block, whole, tail, out double blockWeightedSum);
        _sum += blockSum;
        _weightedSum += blockWeightedSum;
        return blockSum;
    }

    public readonly RowStatistics Finish(ReadOnlySpan<float> logits_V)
    {
        if (double.IsNaN(_sum)) return new RowStatistics(_scale, float.NaN, double.NaN, float.NaN, float.NaN, 0);
        if (float.IsNegativeInfinity(Max))
            return new RowStatistics(_scale, Max, double.NegativeInfinity, float.NegativeInfinity, 0f, 0);
        double logSum = VectorMath.Log(_sum);
        float entropy = Math.Clamp((float)(logSum - (_weightedSum / _sum)), 0f, EntropyLimit(logits_V.Length));
        int argMax = _maxBlock;
        while (logits_V[argMax] * _scale != Max) argMax++;
        return new RowStatistics(_scale, Max, logSum, (float)(Max + logSum), entropy, argMax);
    }

    /// <summary>The largest of sixteen lanes, none of which is NaN.</summary>
    private static float Largest(ReadOnlySpan<float> lanes)
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

    // The largest is sought before scaling: rounding to single precision keeps the order, so that one product will do.
    private readonly TLanes Maxima<TLanes>(ReadOnlySpan<float> block, int whole, Span<float> tail)
        where TLanes : struct, IRowLanes<TLanes>
    {
        TLanes a = TLanes.Broadcast(float.NegativeInfinity), b = a, c = a, d = a;
        ref float start = ref MemoryMarshal.GetReference(block);
        int i = 0;
        for (; i <= whole - (4 * Lanes); i += 4 * Lanes)
        {
            a = TLanes.Max(TLanes.Load(in Unsafe.Add(ref start, i)), a);
            b = TLanes.Max(TLanes.Load(in Unsafe.Add(ref start, i + Lanes)), b);
            c = TLanes.Max(TLanes.Load(in Unsafe.Add(ref start, i + (2 * Lanes))), c);
            d = TLanes.Max(TLanes.Load(in Unsafe.Add(ref start, i + (3 * Lanes))), d);
        }

        for (; i < whole; i += Lanes) a = TLanes.Max(TLanes.Load(in Unsafe.Add(ref start, i)), a);
        if (whole < block.Length) b = TLanes.Max(TLanes.Load(in tail[0]), b);
        return TLanes.Max(TLanes.Max(a, b), TLanes.Max(c, d)) * TLanes.Broadcast(_scale);
    }

    private readonly double Sums<TLanes>(ReadOnlySpan<float> block, int whole, Span<float> tail, out double weightedSum)
        where TLanes : struct, IRowLanes<TLanes>
    {
        TLanes scale = TLanes.Broadcast(_scale);
        TLanes reference = TLanes.Broadcast(Reference);
        TLanes lowest = TLanes.Broadcast(VectorMath.LowestArgument);
        TLanes sum = TLanes.Broadcast(0f);
        TLanes weighted = sum;
        ref float start = ref MemoryMarshal.GetReference(block);
        int i = 0;
        for (; i <= whole - (4 * Lanes); i += 4 * Lanes)
        {
            TLanes da = TLanes.Max(lowest, (TLanes.Load(in Unsafe.Add(ref start, i)) * scale) - reference);
            TLanes db = TLanes.Max(lowest, (TLanes.Load(in Unsafe.Add(ref start, i + Lanes)) * scale) - reference);
            TLanes dc = TLanes.Max(lowest, (TLanes.Load(in Unsafe.Add(ref start, i + (2 * Lanes))) * scale) - reference);
            TLanes dd = TLanes.Max(lowest, (TLanes.Load(in Unsafe.Add(ref start, i + (3 * Lanes))) * scale) - reference);
            TLanes ea = da, eb = db, ec = dc, ed = dd;
            TLanes.ExpInRange(ref ea, ref eb, ref ec, ref ed);
            sum = sum + ea + eb + ec + ed;
            weighted = TLanes.MultiplyAdd(ea, da, weighted);
            weighted = TLanes.MultiplyAdd(eb, db, weighted);
            weighted = TLanes.MultiplyAdd(ec, dc, weighted);
            weighted = TLanes.MultiplyAdd(ed, dd, weighted);
        }

        for (; i < whole; i += Lanes)
            Accumulate((TLanes.Load(in Unsafe.Add(ref start, i)) * scale) - reference, lowest, ref sum, ref weighted);
        if (whole < block.Length) Accumulate((TLanes.Load(in tail[0]) * scale) - reference, lowest, ref sum, ref weighted);
        Span<float> lanes = stackalloc float[Lanes];
        weighted.Store(ref lanes[0]);
        weightedSum = Fold(lanes);
        sum.Store(ref lanes[0]);
        return Fold(lanes);
    }

    // The bound keeps (−∞) · 0 out of the weighted sum: e^x is 0 from there down.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Accumulate<TLanes>(TLanes difference, TLanes lowest, ref TLanes sum, ref TLanes weighted)
        where TLanes : struct, IRowLanes<TLanes>
    {
        TLanes d = TLanes.Max(lowest, difference);
        TLanes e = TLanes.ExpInRange(d);
        sum += e;
        weighted = TLanes.MultiplyAdd(e, d, weighted);
    }

    // (m, s, t) to a larger m: with d = old − new, t becomes e^d (t + d·s) and s becomes e^d s.
    private void Rescale(float newMax)
    {
        if (_sum > 0)
        {
            double d = (double)Max - newMax;
            double factor = VectorMath.Exp(d);
            _weightedSum = factor * (_weightedSum + (d * _sum));
            _sum *= factor;
        }

        Max = newMax;
    }
}
