using System.Diagnostics;
using RlmEngine.Kernels;
using RlmEngine.Kernels.Dense;
using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Cli.Commands;

/// <summary>What one kernel reached, beside the limit of the machine that bounds it.</summary>
/// <param name="Name">The kernel and its shape.</param>
/// <param name="Seconds">Time of one call: the best of many.</param>
/// <param name="Rate">Operations or bytes a second.</param>
/// <param name="Unit">Unit of the rate after its prefix: FLOP/s or B/s.</param>
/// <param name="Limit">The machine's limit in the same unit, all threads together.</param>
internal sealed record KernelSpeed(string Name, double Seconds, double Rate, string Unit, double Limit)
{
    private const int Size = 512;
    private const int Rows = 64;
    private const int Vocabulary = 32_000;
    private static readonly TimeSpan s_time = TimeSpan.FromSeconds(0.4);

    /// <summary>Measures some kernels for less than half a second each.</summary>
    public static IEnumerable<KernelSpeed> Measure(MachineLimits limits)
    {
        yield return Product(limits);
        float[] logits_RV = Numbers(Rows * Vocabulary);
        double bytes = sizeof(float) * (double)logits_RV.Length;
        yield return Reading("log-prob and entropy", bytes, LogProb(logits_RV), limits);
        yield return Reading("sampling", bytes, Sampling(logits_RV, new SamplingParameters(Temperature: 1)), limits);
        yield return Reading("sampling, top-p 0.95", bytes, Sampling(logits_RV, new SamplingParameters(TopP: 0.95f)), limits);
    }

    private static KernelSpeed Product(MachineLimits limits)
    {
        float[] x = Numbers(Size * Size), y = new float[Size * Size];
        using var w = new PackedMatrix(Size, Size);
        w.Pack(Numbers(Size * Size));
        double seconds = Best(() => Gemm.Forward(x, Size, w, y));
        return new KernelSpeed($"matrix product, {Size} x {Size} x {Size}", seconds, 2.0 * Size * Size * Size / seconds, "FLOP/s", limits.FlopsAllCores);
    }

    private static KernelSpeed Reading(string name, double bytes, double seconds, MachineLimits limits) =>
        new($"{name}, {Rows} x {Vocabulary}", seconds, bytes / seconds, "B/s", limits.ReadBytesAllCores);

    private static double LogProb(float[] logits_RV)
    {
        var kernels = new VectorRolloutKernels();
        var targets_R = new int[Rows];
        float[] temperatures_R = [.. Enumerable.Repeat(1f, Rows)];
        float[] logProbs_R = new float[Rows], logSumExp_R = new float[Rows], entropies_R = new float[Rows];
        return Best(() => kernels.LogProb(logits_RV, Vocabulary, targets_R, temperatures_R, logProbs_R, logSumExp_R, entropies_R));
    }

    private static double Sampling(float[] logits_RV, SamplingParameters parameters)
    {
        var kernels = new VectorRolloutKernels();
        SamplingParameters[] parameters_R = [.. Enumerable.Repeat(parameters, Rows)];
        PhiloxCounter[] counters_R = [.. Enumerable.Range(0, Rows).Select(row => new PhiloxCounter(RandomPurpose.Sampling, 0, 0, (uint)row, 0))];
        var tokens_R = new SampledToken[Rows];
        return Best(() => kernels.Sample(logits_RV, Vocabulary, parameters_R, counters_R, 1, tokens_R));
    }

    private static double Best(Action kernel)
    {
        double best = double.MaxValue;
        for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < s_time;)
        {
            long call = Stopwatch.GetTimestamp();
            kernel();
            best = Math.Min(best, Stopwatch.GetElapsedTime(call).TotalSeconds);
        }
        return best;
    }

    // Logits as a trained model has them: most of them far below the few likely ones.
    private static float[] Numbers(int count)
    {
        var random = new Random(1);
        var numbers = new float[count];
        for (int i = 0; i < count; i++)
            numbers[i] = 20 * random.NextSingle() - 10;
        return numbers;
    }
}
