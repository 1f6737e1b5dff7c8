using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Kernels.Ilgpu.Cuda;

/// <summary>Rows of logits in device memory.</summary>
/// <param name="Logits">Address of the first logit.</param>
/// <param name="Type">How logits are stored.</param>
/// <param name="Rows">R.</param>
/// <param name="Vocabulary">V.</param>
/// <param name="Stride">Logits from one row to the next, at least V.</param>
public readonly record struct CudaRows(nint Logits, LogitType Type, int Rows, int Vocabulary, long Stride)
{
    /// <summary>Checks that the rows can be.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    internal void Check()
    {
        ArgumentOutOfRangeException.ThrowIfZero(Logits);
        ArgumentOutOfRangeException.ThrowIfNegative(Rows);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Vocabulary);
        ArgumentOutOfRangeException.ThrowIfLessThan(Stride, Vocabulary);
        if (Logits % Type.Size() != 0) throw new ArgumentOutOfRangeException(nameof(Logits), "logits lie at a multiple of their size");
    }
}

/// <summary>The launch arguments of each kernel, in the order of its parameters.</summary>
internal static class CudaArguments
{
    public static KernelArguments Sample(CudaRows rows, int draws, nint rowOf, nint sampling, ulong seed, nint results) =>
        WithLimit(rows, rows.Vocabulary).View(rowOf, rowOf == 0 ? 0 : draws).View(sampling, draws)
            .Add((uint)seed).Add((uint)(seed >> 32)).View(results, draws);

    public static KernelArguments LogProb(CudaRows rows, nint targets, nint temperatures, int temperatureCount, nint logProbs, nint logSumExp, nint entropies) =>
        WithLimit(rows, rows.Vocabulary).View(targets, rows.Rows).View(temperatures, temperatureCount)
            .View(logProbs, rows.Rows).View(logSumExp, rows.Rows).View(entropies, rows.Rows);

    public static KernelArguments Gradient(
        CudaRows rows, nint targets, nint temperatures, int temperatureCount, nint logSumExp, nint entropies, nint dLogProbs, nint dEntropies) =>
        Rows(rows).View(targets, rows.Rows).View(temperatures, temperatureCount)
            .View(logSumExp, rows.Rows).View(entropies, rows.Rows).View(dLogProbs, rows.Rows).View(dEntropies, rows.Rows);

    public static KernelArguments TopKEntropy(CudaRows rows, int k, nint temperatures, int temperatureCount, nint entropies) =>
        WithLimit(rows, Math.Min(k, rows.Vocabulary)).Add(k).View(temperatures, temperatureCount).View(entropies, rows.Rows);

    public static KernelArguments BatchDeviation(nint rewards, int count, AdvantageScale scale, nint deviation) =>
        new KernelArguments().View(rewards, count).Add((int)scale).View(deviation, 1);

    public static KernelArguments Advantages(
        nint rewards, int count, int groupSize, AdvantageScale scale, AdvantageLevel level, double epsilon, nint deviation, nint advantages,
        nint withoutSpread) =>
        new KernelArguments().View(rewards, count).Add(groupSize).Add((int)scale).Add(level == AdvantageLevel.Batch ? 1 : 0)
            .Add((float)epsilon).Add((float)(epsilon - (float)epsilon)).View(deviation, 1).View(advantages, count).View(withoutSpread, 1);

    private static KernelArguments WithLimit(CudaRows rows, int tokens) => Rows(rows).Add(RowAccumulator.EntropyLimit(tokens));

    private static KernelArguments Rows(CudaRows rows) =>
        new KernelArguments().View(rows.Logits, rows.Rows == 0 ? 0 : ((rows.Rows - 1) * rows.Stride) + rows.Vocabulary)
            .Add(rows.Stride).Add(rows.Vocabulary).Add(rows.Logits % 16 == 0 ? 1 : 0);
}
