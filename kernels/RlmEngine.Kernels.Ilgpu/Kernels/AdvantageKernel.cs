using ILGPU;
using RlmEngine.Kernels.Ilgpu.Device;

namespace RlmEngine.Kernels.Ilgpu.Kernels;

/// <summary>Group-relative advantages: the deviation of the whole batch by one group of threads, then a thread for each prompt.</summary>
internal static class AdvantageKernel
{
    /// <summary>Threads that take part in the batch's sums.</summary>
    public const int BatchThreads = 256;

    private struct Moments
    {
        public int Count;
        public float Least, Largest;
        public TwoFloat Sum;
    }

    /// <summary>The deviation over all rewards, by a single group.</summary>
    /// <param name="rewards_PG">[P, G] rewards.</param>
    /// <param name="scale">0 for the sample's deviation, 1 for the population's.</param>
    /// <param name="deviation">[1] receives it.</param>
    public static void BatchDeviation(ArrayView<float> rewards_PG, int scale, ArrayView<TwoFloat> deviation)
    {
        ArrayView<Moments> parts = SharedMemory.Allocate<Moments>(BatchThreads);
        int threads = IntrinsicMath.Min(Group.DimX, BatchThreads), count = (int)rewards_PG.Length;
        if (Group.IdxX < threads) parts[Group.IdxX] = Of(rewards_PG, Group.IdxX, count, threads);
        Group.Barrier();
        Moments all = parts[0];
        for (int i = 1; i < threads; i++) all = Merge(all, parts[i]);
        TwoFloat mean = TwoFloat.Divide(all.Sum, TwoFloat.Of((float)all.Count));
        float unit = UnitOf(all);
        Group.Barrier();
        if (Group.IdxX < threads) parts[Group.IdxX].Sum = Squares(rewards_PG, Group.IdxX, count, threads, mean, unit);
        Group.Barrier();
        TwoFloat squares = parts[0].Sum;
        for (int i = 1; i < threads; i++) squares = TwoFloat.Add(squares, parts[i].Sum);
        if (Group.IdxX == 0) deviation[0] = Deviation(squares, all.Count, scale, unit);
    }

    /// <summary>The advantages of the prompts, a thread for each.</summary>
    /// <param name="rewards_PG">[P, G] rewards.</param>
    /// <param name="groupSize">G.</param>
    /// <param name="scale">The number of the <see cref="Rollout.AdvantageScale"/>.</param>
    /// <param name="isBatch">Not 0 to divide by <paramref name="batchDeviation"/>.</param>
    /// <param name="epsilonHigh">ε.</param>
    /// <param name="epsilonLow">What single precision leaves of it.</param>
    /// <param name="batchDeviation">[1] of the first kernel.</param>
    /// <param name="advantages_PG">[P, G] receives the advantages.</param>
    /// <param name="withoutSpread">[1] is raised by the number of prompts whose rewards are all equal.</param>
    public static void Run(
        ArrayView<float> rewards_PG, int groupSize, int scale, int isBatch, float epsilonHigh, float epsilonLow,
        ArrayView<TwoFloat> batchDeviation, ArrayView<float> advantages_PG, ArrayView<int> withoutSpread)
    {
        int prompt = (Grid.IdxX * Group.DimX) + Group.IdxX, start = prompt * groupSize;
        if (start >= rewards_PG.Length) return;
        int end = start + groupSize;
        Moments moments = Of(rewards_PG, start, end, 1);
        if (!(moments.Largest > moments.Least))
        {
            Atomic.Add(ref withoutSpread[0], 1);
            for (int i = start; i < end; i++) advantages_PG[i] = 0f;
            return;
        }

        TwoFloat count = TwoFloat.Of((float)moments.Count), mean = TwoFloat.Divide(moments.Sum, count);
        TwoFloat divisor = TwoFloat.Of(1f);
        if (scale == 3) divisor = TwoFloat.Divide(TwoFloat.Add(count, -1f), count);
        if (scale < 2)
        {
            float unit = UnitOf(moments);
            divisor = isBatch != 0
                ? batchDeviation[0]
                : Deviation(Squares(rewards_PG, start, end, 1, mean, unit), moments.Count, scale, unit);
            divisor = TwoFloat.Add(divisor, TwoFloat.Of(epsilonHigh, epsilonLow));
        }

        for (int i = start; i < end; i++)
        {
            float reward = rewards_PG[i];
            TwoFloat centred = TwoFloat.Add(TwoFloat.Negative(mean), reward);
            advantages_PG[i] = DeviceMath.IsNaN(reward) ? 0f : TwoFloat.Divide(centred, divisor).High;
        }
    }

    // Rewards that could not be scored are NaN and left out.
    private static Moments Of(ArrayView<float> rewards, int start, int end, int step)
    {
        Moments moments;
        moments.Count = 0;
        moments.Least = float.PositiveInfinity;
        moments.Largest = float.NegativeInfinity;
        moments.Sum = TwoFloat.Of(0f);
        for (int i = start; i < end; i += step)
        {
            float reward = rewards[i];
            if (DeviceMath.IsNaN(reward)) continue;
            moments.Count++;
            moments.Least = reward < moments.Least ? reward : moments.Least;
            moments.Largest = reward > moments.Largest ? reward : moments.Largest;
            moments.Sum = TwoFloat.Add(moments.Sum, reward);
        }

        return moments;
    }

    private static Moments Merge(Moments a, Moments b)
    {
        a.Count += b.Count;
        a.Least = b.Least < a.Least ? b.Least : a.Least;
        a.Largest = b.Largest > a.Largest ? b.Largest : a.Largest;
        a.Sum = TwoFloat.Add(a.Sum, b.Sum);
        return a;
    }

    // A power of two that brings deviations near 1, so that their squares neither overflow nor vanish.
    private static float UnitOf(Moments moments)
    {
        uint exponent = Interop.FloatAsInt(moments.Largest - moments.Least) >> 23 & 0xFF;
        return Interop.IntAsFloat((254 - IntrinsicMath.Clamp(exponent, 1u, 253u)) << 23);
    }

    private static TwoFloat Squares(ArrayView<float> rewards, int start, int end, int step, TwoFloat mean, float unit)
    {
        TwoFloat squares = TwoFloat.Of(0f);
        for (int i = start; i < end; i += step)
        {
            float reward = rewards[i];
            if (DeviceMath.IsNaN(reward)) continue;
            TwoFloat deviation = TwoFloat.Multiply(TwoFloat.Add(TwoFloat.Negative(mean), reward), unit);
            squares = TwoFloat.Add(squares, TwoFloat.Multiply(deviation, deviation));
        }

        return squares;
    }

    private static TwoFloat Deviation(TwoFloat squares, int count, int scale, float unit)
    {
        TwoFloat variance = TwoFloat.Divide(squares, TwoFloat.Of((float)(scale == 0 ? count - 1 : count)));
        TwoFloat root = TwoFloat.SquareRoot(variance);
        return TwoFloat.Of(root.High / unit, root.Low / unit);
    }
}
