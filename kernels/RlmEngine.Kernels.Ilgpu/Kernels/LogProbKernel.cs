using ILGPU;
using RlmEngine.Kernels.Ilgpu.Device;

namespace RlmEngine.Kernels.Ilgpu.Kernels;

/// <summary>Log-probability, log-sum-exp and entropy, a group of threads for each row: every logit is read once.</summary>
internal static class LogProbKernel
{
    /// <summary>One row.</summary>
    /// <param name="logits_RV">[R, V] logits; row r begins at r · <paramref name="stride"/>.</param>
    /// <param name="stride">Logits from one row to the next.</param>
    /// <param name="vocabulary">V.</param>
    /// <param name="isAligned">Not 0 when the logits begin at a multiple of sixteen bytes.</param>
    /// <param name="entropyLimit">Largest float that is not above ln V.</param>
    /// <param name="targets_R">[R] token ids, or −1.</param>
    /// <param name="temperatures_R">[R] or [1] temperatures.</param>
    /// <param name="logProbs_R">[R] receives ln p.</param>
    /// <param name="logSumExp_R">[R] receives log-sum-exp.</param>
    /// <param name="entropies_R">[R] receives H.</param>
    public static void Run<TFormat, TBits, TWarp>(
        ArrayView<TBits> logits_RV, long stride, int vocabulary, int isAligned, float entropyLimit, ArrayView<int> targets_R,
        ArrayView<float> temperatures_R, ArrayView<float> logProbs_R, ArrayView<float> logSumExp_R, ArrayView<float> entropies_R)
        where TFormat : unmanaged, ILogitFormat<TBits>
        where TBits : unmanaged
        where TWarp : struct, IWarpWidth
    {
        int index = Grid.IdxX;
        var row = RowReader<TFormat, TBits>.Open(logits_RV, index, stride, vocabulary, isAligned);
        ArrayView<float> shared = SharedMemory.Allocate<float>(RowWalk.SharedFloats);
        float temperature = RowScale.TemperatureOf(temperatures_R, index);
        RowSummary summary = RowWalk.Read<TFormat, TBits, TWarp>(row, temperature, entropyLimit, shared, BlockTable.None(shared));
        if (Group.IdxX != 0) return;
        int target = targets_R[index];
        logProbs_R[index] = target < 0 ? 0f : RowSummary.LogProb(summary, RowReader<TFormat, TBits>.At(row, IntrinsicMath.Max(target, 0)));
        logSumExp_R[index] = RowSummary.LogSumExp(summary);
        entropies_R[index] = summary.Entropy;
    }
}
