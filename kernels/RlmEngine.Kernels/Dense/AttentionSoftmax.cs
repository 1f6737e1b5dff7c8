using System.Runtime.CompilerServices;

namespace RlmEngine.Kernels.Dense;

/// <summary>The softmax of one query's scores, in lanes of sixteen consecutive keys.</summary>
/// <remarks>Four blocks go beside each other, so scores reach to a multiple of 64; what stands beyond the count is overwritten.</remarks>
internal static unsafe class AttentionSoftmax<TLanes>
    where TLanes : struct, ILanes16<TLanes>
{
    private const int Keys = AttentionShape.PageKeys;

    /// <summary>scores ← e^(score − max), 0 from <paramref name="count"/> on; returns the largest score and the sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static (float Max, float Sum) Exponentials(float* scores, int count)
    {
        float* end = Mask(scores, count);
        TLanes max = TLanes.Load(scores);
        for (int i = Keys; i < count; i += Keys)
            max = TLanes.Max(max, TLanes.Load(scores + i));
        float largest = TLanes.Largest(max);
        TLanes shift = TLanes.Broadcast(largest);
        TLanes sum = TLanes.Zero;
        float* x = scores;
        for (; end - x >= 4 * Keys; x += 4 * Keys)
        {
            TLanes a = TLanes.Subtract(TLanes.Load(x), shift), b = TLanes.Subtract(TLanes.Load(x + Keys), shift);
            TLanes c = TLanes.Subtract(TLanes.Load(x + (2 * Keys)), shift), d = TLanes.Subtract(TLanes.Load(x + (3 * Keys)), shift);
            TLanes.Exp(ref a, ref b, ref c, ref d);
            a.Store(x);
            b.Store(x + Keys);
            c.Store(x + (2 * Keys));
            d.Store(x + (3 * Keys));

            // A block beyond the count adds +0, which changes no bit of a sum of exponentials.
            sum = TLanes.Add(TLanes.Add(TLanes.Add(TLanes.Add(sum, a), b), c), d);
        }

        for (; x < end; x += Keys)
        {
            TLanes p = TLanes.Exp(TLanes.Subtract(TLanes.Load(x), shift));
            p.Store(x);
            sum = TLanes.Add(sum, p);
        }

        return (largest, TLanes.Sum(sum));
    }

    /// <summary>scores ← e^(score − max) / sum, 0 from <paramref name="count"/> on, with the statistics the forward saved.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Probabilities(float* scores, int count, float max, float sum)
    {
        float* end = Mask(scores, count);
        TLanes shift = TLanes.Broadcast(max);
        TLanes factor = TLanes.Broadcast(1f / sum);
        float* x = scores;
        for (; end - x >= 4 * Keys; x += 4 * Keys)
        {
            TLanes a = TLanes.Subtract(TLanes.Load(x), shift), b = TLanes.Subtract(TLanes.Load(x + Keys), shift);
            TLanes c = TLanes.Subtract(TLanes.Load(x + (2 * Keys)), shift), d = TLanes.Subtract(TLanes.Load(x + (3 * Keys)), shift);
            TLanes.Exp(ref a, ref b, ref c, ref d);
            TLanes.Multiply(a, factor).Store(x);
            TLanes.Multiply(b, factor).Store(x + Keys);
            TLanes.Multiply(c, factor).Store(x + (2 * Keys));
            TLanes.Multiply(d, factor).Store(x + (3 * Keys));
        }

        for (; x < end; x += Keys)
            TLanes.Multiply(TLanes.Exp(TLanes.Subtract(TLanes.Load(x), shift)), factor).Store(x);
    }

    /// <summary>gradients ← scale · p · (gradient − delta) up to <paramref name="count"/>; beyond they are not defined.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gradients(float* gradients, float* probabilities, int count, float delta, float scale)
    {
        TLanes shift = TLanes.Broadcast(delta);
        TLanes factor = TLanes.Broadcast(scale);
        for (int i = 0; i < count; i += Keys)
        {
            TLanes p = TLanes.Multiply(TLanes.Load(probabilities + i), factor);
            TLanes.Multiply(TLanes.Subtract(TLanes.Load(gradients + i), shift), p).Store(gradients + i);
        }
    }

    // −∞ from count to the end, which is returned: that of the last block, or of the next one where that makes four to go together.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float* Mask(float* x, int count)
    {
        TLanes lowest = TLanes.Broadcast(float.NegativeInfinity);
        float* end = x + ((count + Keys - 1) & ~(Keys - 1)), last = end - Keys;
        TLanes.First(count - (int)(last - x), TLanes.Load(last), lowest).Store(last);
        if (((end - x) & (4 * Keys - 1)) != 3 * Keys) return end;
        lowest.Store(end);
        return end + Keys;
    }
}
