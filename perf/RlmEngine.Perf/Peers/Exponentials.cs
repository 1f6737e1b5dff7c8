using System.Runtime.Intrinsics;
using RlmEngine.Kernels;
using RlmEngine.Kernels.Dense;

namespace RlmEngine.Perf.Peers;

/// <summary>The arithmetic limit of kernels that take an exponential of every logit: exponentials and their sum, of logits that stay in the first cache.</summary>
public static unsafe class Exponentials
{
    private const int Block = 1024;

    /// <summary>Takes rows × vocabulary exponentials on all threads, always of the first block of logits.</summary>
    /// <param name="logits">At least 1024 logits.</param>
    /// <param name="rows">Rows, each a piece of work.</param>
    /// <param name="vocabulary">Exponentials of a row, rounded up to whole blocks.</param>
    public static void Run(ReadOnlySpan<float> logits, int rows, int vocabulary)
    {
        float* sums = stackalloc float[rows];
        fixed (float* start = logits[..Block])
            WorkPool.Run(rows, new Row(start, (vocabulary + Block - 1) / Block, sums));
    }

    private readonly struct Row(float* logits, int blocks, float* sums) : IWork
    {
        public void Do(int index)
        {
            float sum = 0;
            for (int block = 0; block < blocks; block++)
                sum += Vector512.IsHardwareAccelerated ? Wide(logits) : Narrow(logits);
            sums[index] = sum;
        }
    }

    private static float Wide(float* logits)
    {
        Vector512<float> sumA = Vector512<float>.Zero, sumB = sumA;
        for (int i = 0; i < Block; i += 64)
        {
            Vector512<float> a = Vector512.Load(logits + i), b = Vector512.Load(logits + i + 16);
            Vector512<float> c = Vector512.Load(logits + i + 32), d = Vector512.Load(logits + i + 48);
            VectorMath.Exp2InRange(ref a, ref b, ref c, ref d);
            (sumA, sumB) = (sumA + a + c, sumB + b + d);
        }

        return Vector512.Sum(sumA + sumB);
    }

    private static float Narrow(float* logits)
    {
        Vector256<float> sumA = Vector256<float>.Zero, sumB = sumA;
        for (int i = 0; i < Block; i += 16)
        {
            sumA += VectorMath.Exp2InRange(Vector256.Load(logits + i));
            sumB += VectorMath.Exp2InRange(Vector256.Load(logits + i + 8));
        }

        return Vector256.Sum(sumA + sumB);
    }
}
