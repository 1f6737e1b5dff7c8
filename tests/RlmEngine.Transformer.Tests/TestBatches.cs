using RlmEngine.Losses;
using RlmEngine.Tokenization;

namespace RlmEngine.Transformer.Tests;

/// <summary>Packed batches and the records and losses that go with them.</summary>
internal static class TestBatches
{
    /// <summary>Whole sequences; every token but the first is a target.</summary>
    public static TokenBatch Sequences(params int[][] sequences)
    {
        List<Segment> segments = [];
        List<int> tokens = [], rows = [], targets = [];
        foreach (int[] sequence in sequences)
        {
            segments.Add(new Segment(tokens.Count, sequence.Length - 1));
            for (int i = 0; i + 1 < sequence.Length; i++)
            {
                rows.Add(tokens.Count);
                tokens.Add(sequence[i]);
                targets.Add(sequence[i + 1]);
            }
        }

        return Batch(tokens, segments, rows, targets, 1f);
    }

    /// <summary>Groups as the engine lays them out: a parent with prompt[..^1], each child prompt[^1] and its completion but the last.</summary>
    public static TokenBatch Groups(IReadOnlyList<(int[] Prompt, int[][] Completions)> groups, float temperature)
    {
        List<Segment> segments = [];
        List<int> tokens = [], rows = [], targets = [];
        foreach ((int[] prompt, int[][] completions) in groups)
        {
            int parent = prompt.Length > 1 ? segments.Count : -1;
            if (parent >= 0) segments.Add(new Segment(tokens.Count, prompt.Length - 1));
            tokens.AddRange(prompt[..^1]);
            foreach (int[] completion in completions)
            {
                segments.Add(new Segment(tokens.Count, completion.Length, parent, prompt.Length - 1));
                for (int i = 0; i < completion.Length; i++)
                {
                    rows.Add(tokens.Count);
                    tokens.Add(i == 0 ? prompt[^1] : completion[i - 1]);
                    targets.Add(completion[i]);
                }
            }
        }

        return Batch(tokens, segments, rows, targets, temperature);
    }

    /// <summary>The same groups with nothing shared: each completion's sequence whole, the same targets.</summary>
    public static TokenBatch Unshared(IReadOnlyList<(int[] Prompt, int[][] Completions)> groups, float temperature)
    {
        List<Segment> segments = [];
        List<int> tokens = [], rows = [], targets = [];
        foreach ((int[] prompt, int[][] completions) in groups)
        {
            foreach (int[] completion in completions)
            {
                segments.Add(new Segment(tokens.Count, prompt.Length + completion.Length - 1));
                tokens.AddRange(prompt[..^1]);
                for (int i = 0; i < completion.Length; i++)
                {
                    rows.Add(tokens.Count);
                    tokens.Add(i == 0 ? prompt[^1] : completion[i - 1]);
                    targets.Add(completion[i]);
                }
            }
        }

        return Batch(tokens, segments, rows, targets, temperature);
    }

    public static int[] Tokens(Random random, int count, int vocabulary)
    {
        int[] tokens = new int[count];
        for (int i = 0; i < count; i++)
            tokens[i] = random.Next(vocabulary);
        return tokens;
    }

    public static TargetRecords Records(TokenBatch batch) => new()
    {
        Component_M = [.. Enumerable.Repeat(LossComponent.Ntp, batch.TargetCount)],
        Sequence_M = new int[batch.TargetCount],
        Advantage_M = new float[batch.TargetCount],
        OldLogProb_M = new float[batch.TargetCount],
        ReferenceLogProb_M = new float[batch.TargetCount],
        Weight_M = [.. Enumerable.Repeat(1f, batch.TargetCount)],
    };

    private static TokenBatch Batch(List<int> tokens, List<Segment> segments, List<int> rows, List<int> targets, float temperature) => new()
    {
        Tokens_N = [.. tokens],
        Segments_S = [.. segments],
        TargetRows_M = [.. rows],
        Targets_M = [.. targets],
        Temperatures_M = [.. Enumerable.Repeat(temperature, rows.Count)],
    };
}

/// <summary>Loss Σ_m a_m · logp_m + b_m · H_m with given factors; −1/M and 0 give the mean cross-entropy.</summary>
internal sealed class WeightedObjective(Func<int, double> logProbFactor, Func<int, double> entropyFactor) : IObjective
{
    public static WeightedObjective CrossEntropy(int targets) => new(_ => -1.0 / targets, _ => 0);

    public LossReport Evaluate(
        TargetRecords records, ReadOnlySpan<float> logProbs_M, ReadOnlySpan<float> entropies_M, Span<float> dLogProbs_M, Span<float> dEntropies_M)
    {
        double loss = 0;
        for (int m = 0; m < logProbs_M.Length; m++)
        {
            dLogProbs_M[m] = (float)logProbFactor(m);
            dEntropies_M[m] = (float)entropyFactor(m);
            loss += (logProbFactor(m) * logProbs_M[m]) + (entropyFactor(m) * entropies_M[m]);
        }

        return new LossReport { Loss = loss, NtpLoss = loss, NtpTokens = logProbs_M.Length };
    }
}
