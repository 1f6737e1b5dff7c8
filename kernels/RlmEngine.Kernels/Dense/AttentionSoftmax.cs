using System.Runtime.CompilerServices;

namespace RlmEngine.Kernels.Dense;

/// <summary>The softmax of one query's scores, in lanes of sixteen consecutive keys.</summary>
internal static unsafe class AttentionSoftmax<TLanes>
    where TLanes : struct, ILanes16<TLanes>
{
    private const int Keys = AttentionShape.PageKeys;

    /// <summary>scores ← e^(score − max), 0 from <paramref name="count"/> on; returns the largest score and the sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static (float Max, float Sum) Exponentials(float* scores, int count)
    {
        int blocks = Mask(scores, count, float.NegativeInfinity);
        TLanes max = TLanes.Load(scores);
        for (int block = 1; block < blocks; block++)
            max = TLanes.Max(max, TLanes.Load(scores + (block * Keys)));
        float largest = TLanes.Largest(max);
        TLanes shift = TLanes.Broadcast(largest);
        TLanes sum = TLanes.Broadcast(0f);
        for (int block = 0; block < blocks; block++)
        {
            TLanes p = TLanes.Exp(TLanes.Subtract(TLanes.Load(scores + (block * Keys)), shift));
            p.Store(scores + (block * Keys));
            sum = TLanes.Add(sum, p);
        }

        return (largest, TLanes.Sum(sum));
    }

    /// <summary>scores ← e^(score − max) / sum, 0 from <paramref name="count"/> on, with the statistics the forward saved.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Probabilities(float* scores, int count, float max, float sum)
    {
        int blocks = Mask(scores, count, float.NegativeInfinity);
        TLanes shift = TLanes.Broadcast(max);
        TLanes factor = TLanes.Broadcast(1f / sum);
        for (int block = 0; block < blocks; block++)
        {
            float* x = scores + (block * Keys);
            TLanes.Multiply(TLanes.Exp(TLanes.Subtract(TLanes.Load(x), shift)), factor).Store(x);
        }
    }

    /// <summary>gradients ← scale · p · (gradient − delta), 0 from <paramref name="count"/> on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gradients(float* gradients, float* probabilities, int count, float delta, float scale)
    {
        int blocks = Mask(gradients, count, 0f);
        TLanes shift = TLanes.Broadcast(delta);
        TLanes factor = TLanes.Broadcast(scale);
        for (int block = 0; block < blocks; block++)
        {
            float* x = gradients + (block * Keys);
            TLanes p = TLanes.Multiply(TLanes.Load(probabilities + (block * Keys)), factor);
            TLanes.Multiply(TLanes.Subtract(TLanes.Load(x), shift), p).Store(x);
        }
    }

    private static int Mask(float* x, int count, float value)
    {
        int blocks = (count + Keys - 1) / Keys;
        for (int i = count; i < blocks * Keys; i++)
            x[i] = value;
        return blocks;
    }
}
