using System.Diagnostics;
using System.Runtime.CompilerServices;
using RlmEngine.Kernels.Dense;

namespace RlmEngine.Kernels;

/// <summary>What this machine can do at most, measured: the yardstick for the speed of the kernels.</summary>
/// <param name="FlopsOneCore">Peak of fused multiply-adds of floats on one core, two operations each, per second.</param>
/// <param name="FlopsAllCores">The same on all of <see cref="WorkPool.Threads"/> together.</param>
/// <param name="ReadBytesOneCore">Bytes one core reads from memory per second.</param>
/// <param name="ReadBytesAllCores">The same for all threads together.</param>
public sealed record MachineLimits(double FlopsOneCore, double FlopsAllCores, double ReadBytesOneCore, double ReadBytesAllCores)
{
    private const int Repeats = 7;
    private const int FmaRounds = 400_000;
    private const int FmaChains = 16;
    private const int BufferFloats = 1 << 26;

    private static double s_sink;

    /// <summary>Measures for about a second, with the vectors that <see cref="VectorWidth"/> names and 256 MiB of memory.</summary>
    /// <returns>The best of several measurements of each limit.</returns>
    public static unsafe MachineLimits Measure()
    {
        int threads = WorkPool.Threads;
        using var buffer = new NativeBuffer();
        float* floats = buffer.Rent(BufferFloats);
        new Span<float>(floats, BufferFloats).Fill(1);
        double flops = 2.0 * FmaRounds * FmaChains * VectorWidth.Bits / 32;
        return new MachineLimits(
            flops / Best(1, new FmaWork()),
            threads * flops / Best(threads, new FmaWork()),
            sizeof(float) * (double)BufferFloats / Best(1, new ReadWork(floats, BufferFloats)),
            sizeof(float) * (double)BufferFloats / Best(threads, new ReadWork(floats, BufferFloats / threads)));
    }

    private static double Best<TWork>(int pieces, TWork work)
        where TWork : struct, IVectorWork
    {
        double best = double.MaxValue;
        for (int repeat = 0; repeat < Repeats; repeat++)
        {
            long start = Stopwatch.GetTimestamp();
            VectorPool.Run(pieces, work);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }

    /// <summary>Sixteen independent chains: more than latency times throughput of any present core.</summary>
    private readonly struct FmaWork : IVectorWork
    {
        public void Do<TLanes, TVector>(int index)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct => Keep<TLanes, TVector>(Chains<TLanes, TVector>());

        // Without a call: one after the loop would make the compiler keep the chains in memory.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static TVector Chains<TLanes, TVector>()
            where TLanes : struct, ILanes<TVector>
            where TVector : struct
        {
            TVector a = TLanes.Splat(0.5f), b = TLanes.Splat(1);
            TVector c0 = a, c1 = a, c2 = a, c3 = a, c4 = a, c5 = a, c6 = a, c7 = a;
            TVector d0 = a, d1 = a, d2 = a, d3 = a, d4 = a, d5 = a, d6 = a, d7 = a;
            for (int round = 0; round < FmaRounds; round++)
            {
                c0 = TLanes.MultiplyAdd(c0, a, b);
                c1 = TLanes.MultiplyAdd(c1, a, b);
                c2 = TLanes.MultiplyAdd(c2, a, b);
                c3 = TLanes.MultiplyAdd(c3, a, b);
                c4 = TLanes.MultiplyAdd(c4, a, b);
                c5 = TLanes.MultiplyAdd(c5, a, b);
                c6 = TLanes.MultiplyAdd(c6, a, b);
                c7 = TLanes.MultiplyAdd(c7, a, b);
                d0 = TLanes.MultiplyAdd(d0, a, b);
                d1 = TLanes.MultiplyAdd(d1, a, b);
                d2 = TLanes.MultiplyAdd(d2, a, b);
                d3 = TLanes.MultiplyAdd(d3, a, b);
                d4 = TLanes.MultiplyAdd(d4, a, b);
                d5 = TLanes.MultiplyAdd(d5, a, b);
                d6 = TLanes.MultiplyAdd(d6, a, b);
                d7 = TLanes.MultiplyAdd(d7, a, b);
            }

            TVector c = TLanes.Add(Sum<TLanes, TVector>(c0, c1, c2, c3), Sum<TLanes, TVector>(c4, c5, c6, c7));
            TVector d = TLanes.Add(Sum<TLanes, TVector>(d0, d1, d2, d3), Sum<TLanes, TVector>(d4, d5, d6, d7));
            return TLanes.Add(c, d);
        }
    }

    /// <summary>Each piece reads its own part of the buffer once.</summary>
    private readonly unsafe struct ReadWork(float* floats, int count) : IVectorWork
    {
        public void Do<TLanes, TVector>(int index)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct => Keep<TLanes, TVector>(Read<TLanes, TVector>(floats + (nint)index * count, count));

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static TVector Read<TLanes, TVector>(float* start, int count)
            where TLanes : struct, ILanes<TVector>
            where TVector : struct
        {
            TVector s0 = default, s1 = default, s2 = default, s3 = default;
            for (nint i = 0; i <= count - 4 * TLanes.Count; i += 4 * TLanes.Count)
            {
                s0 = TLanes.Add(s0, TLanes.Load(start + i));
                s1 = TLanes.Add(s1, TLanes.Load(start + i + TLanes.Count));
                s2 = TLanes.Add(s2, TLanes.Load(start + i + 2 * TLanes.Count));
                s3 = TLanes.Add(s3, TLanes.Load(start + i + 3 * TLanes.Count));
            }

            return Sum<TLanes, TVector>(s0, s1, s2, s3);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Sum<TLanes, TVector>(TVector a, TVector b, TVector c, TVector d)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct => TLanes.Add(TLanes.Add(a, b), TLanes.Add(c, d));

    /// <summary>Uses the result, so that the compiler cannot leave the work out.</summary>
    private static unsafe void Keep<TLanes, TVector>(TVector result)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        float* lanes = stackalloc float[16];
        TLanes.Store(result, lanes);
        Volatile.Write(ref s_sink, lanes[0]);
    }
}
