using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Kernels.Tests.Rollout;

/// <summary>What every implementation of the rollout kernels must do; one derived fixture runs it for each.</summary>
internal abstract partial class RolloutKernelsContract
{
    private const ulong Seed = 20240229;

    protected abstract IRolloutKernels Kernels { get; }

    /// <summary>Draws by which a distribution is tested; fewer where a draw is simulated.</summary>
    protected virtual int DrawsOfDistribution => 50_000;

    private readonly record struct Scores(float[] LogProbs, float[] LogSumExp, float[] Entropies);

    private Scores Score(float[] logits, int vocabulary, int[] targets, float[] temperatures)
    {
        var scores = new Scores(new float[targets.Length], new float[targets.Length], new float[targets.Length]);
        Kernels.LogProb(logits, vocabulary, targets, temperatures, scores.LogProbs, scores.LogSumExp, scores.Entropies);
        return scores;
    }

    private Scores Score(float[] logits, int vocabulary, int[] targets, float temperature = 1f) =>
        Score(logits, vocabulary, targets, TestRows.Repeat(temperature, targets.Length));

    private SampledToken[] Draw(float[] logits, int vocabulary, SamplingParameters parameters, PhiloxCounter[] counters, ulong seed = Seed)
    {
        var tokens = new SampledToken[counters.Length];
        Kernels.Sample(logits, vocabulary, TestRows.Repeat(parameters, counters.Length), counters, seed, tokens);
        return tokens;
    }

    /// <summary>Draws from one row many times, in batches of identical rows.</summary>
    private long[] Frequencies(float[] row, SamplingParameters parameters, int draws)
    {
        int batch = Math.Min(draws, 1000);
        float[] logits = new float[batch * row.Length];
        for (int i = 0; i < batch; i++) row.CopyTo(logits, i * row.Length);
        long[] counts = new long[row.Length];
        for (int done = 0; done < draws; done += batch)
        {
            foreach (SampledToken drawn in Draw(logits, row.Length, parameters, TestRows.Counters(batch, (uint)(done / batch))))
                counts[drawn.Token]++;
        }

        return counts;
    }
}
