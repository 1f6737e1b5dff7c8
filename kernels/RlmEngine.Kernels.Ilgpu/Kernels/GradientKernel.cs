using ILGPU;
using RlmEngine.Kernels.Ilgpu.Device;

namespace RlmEngine.Kernels.Ilgpu.Kernels;

/// <summary>Replaces logits by dx_v = (1/T) [g (1[v = y] − p_v) − g_H p_v (ln p_v + H)], each read and written once.</summary>
internal static class GradientKernel
{
    private struct RowFactors
    {
        public float Scale, LogSumExp, Entropy, LogProb, EntropyWeight;
    }

    /// <summary>One row; see <see cref="LogProbKernel"/>.</summary>
    /// <param name="logits_RV">[R, V] logits on entry, gradient on return.</param>
    /// <param name="stride">Logits from one row to the next.</param>
    /// <param name="vocabulary">V.</param>
    /// <param name="isAligned">Not 0 when the logits begin at a multiple of sixteen bytes.</param>
    /// <param name="targets_R">[R] token ids, or −1.</param>
    /// <param name="temperatures_R">[R] or [1] temperatures.</param>
    /// <param name="logSumExp_R">[R] of the forward pass.</param>
    /// <param name="entropies_R">[R] of the forward pass.</param>
    /// <param name="dLogProbs_R">[R] g.</param>
    /// <param name="dEntropies_R">[R] g_H.</param>
    public static void Run<TFormat, TBits>(
        ArrayView<TBits> logits_RV, long stride, int vocabulary, int isAligned, ArrayView<int> targets_R, ArrayView<float> temperatures_R,
        ArrayView<float> logSumExp_R, ArrayView<float> entropies_R, ArrayView<float> dLogProbs_R, ArrayView<float> dEntropies_R)
        where TFormat : unmanaged, ILogitFormat<TBits>
        where TBits : unmanaged
    {
        int index = Grid.IdxX, target = targets_R[index];
        var row = RowReader<TFormat, TBits>.Open(logits_RV, index, stride, vocabulary, isAligned);
        RowFactors factors;
        factors.Scale = RowScale.Of(RowScale.TemperatureOf(temperatures_R, index)).Inverse;
        factors.LogSumExp = logSumExp_R[index];
        factors.Entropy = entropies_R[index];
        factors.LogProb = target < 0 ? 0f : dLogProbs_R[index];
        factors.EntropyWeight = dEntropies_R[index];
        if (factors.LogSumExp == float.NegativeInfinity)
        {
            // A row of nothing but −∞ has no distribution and gradient 0: every p is 0 from here on.
            factors.LogSumExp = float.PositiveInfinity;
            factors.LogProb = 0f;
            factors.EntropyWeight = 0f;
        }

        int whole = row.IsAligned != 0 ? vocabulary / RowReader<TFormat, TBits>.PackSize : 0;
        int pack = Group.IdxX;
        for (; pack + Group.DimX < whole; pack += 2 * Group.DimX)
        {
            TFormat format = default;
            long first = RowReader<TFormat, TBits>.VectorOf(row, pack), second = RowReader<TFormat, TBits>.VectorOf(row, pack + Group.DimX);
            Logits8 a = format.Load(row.Vectors, first), b = format.Load(row.Vectors, second);
            format.Store(row.Vectors, first, Of(a, factors, target - (pack * RowReader<TFormat, TBits>.PackSize)));
            format.Store(row.Vectors, second, Of(b, factors, target - ((pack + Group.DimX) * RowReader<TFormat, TBits>.PackSize)));
        }

        if (pack < whole)
        {
            TFormat format = default;
            long at = RowReader<TFormat, TBits>.VectorOf(row, pack);
            format.Store(row.Vectors, at, Of(format.Load(row.Vectors, at), factors, target - (pack * RowReader<TFormat, TBits>.PackSize)));
        }

        OneByOne(row, factors, target, whole * RowReader<TFormat, TBits>.PackSize);
    }

    private static void OneByOne<TFormat, TBits>(RowReader<TFormat, TBits> row, RowFactors factors, int target, int first)
        where TFormat : unmanaged, ILogitFormat<TBits>
        where TBits : unmanaged
    {
        TFormat format = default;
        for (int token = first + Group.IdxX; token < row.Vocabulary; token += Group.DimX)
        {
            long at = row.Start + token;
            row.Logits[at] = format.Encode(Of(format.Decode(row.Logits[at]), factors, token == target));
        }
    }

    private static Logits8 Of(Logits8 x, RowFactors factors, int target)
    {
        Logits8 d;
        d.X0 = Of(x.X0, factors, target == 0);
        d.X1 = Of(x.X1, factors, target == 1);
        d.X2 = Of(x.X2, factors, target == 2);
        d.X3 = Of(x.X3, factors, target == 3);
        d.X4 = Of(x.X4, factors, target == 4);
        d.X5 = Of(x.X5, factors, target == 5);
        d.X6 = Of(x.X6, factors, target == 6);
        d.X7 = Of(x.X7, factors, target == 7);
        return d;
    }

    private static float Of(float x, RowFactors factors, bool isTarget)
    {
        float logProb = (x * factors.Scale) - factors.LogSumExp;
        logProb = logProb > 0f ? 0f : logProb < DeviceMath.LowestArgument ? DeviceMath.LowestArgument : logProb;
        float p = logProb == DeviceMath.LowestArgument ? 0f : DeviceMath.Exp(logProb);
        float weight = DeviceMath.MultiplyAdd(factors.EntropyWeight, logProb + factors.Entropy, factors.LogProb);
        float gradient = -factors.Scale * p * weight;
        return isTarget ? gradient + (factors.Scale * factors.LogProb) : gradient;
    }
}
