using RlmEngine.Losses;
using RlmEngine.Tokenization;

namespace RlmEngine.Perf;

/// <summary>Batches of random tokens whose lengths are chosen, and their mean cross-entropy.</summary>
public static class RandomBatch
{
    /// <summary>Sequences of as many predicted tokens each.</summary>
    public static TokenBatch Sequences(int count, int length, int vocabulary) => Of(
        [.. Enumerable.Range(0, count).Select(i => new Segment(i * length, length))], [.. Enumerable.Range(0, count * length)], vocabulary);

    /// <summary>Completions behind one prompt, whose rows are computed once; the tokens of completions are predicted.</summary>
    public static TokenBatch Group(int prompt, int completions, int length, int vocabulary) => Of(
        [new Segment(0, prompt), .. Enumerable.Range(0, completions).Select(i => new Segment(prompt + (i * length), length, 0, prompt))],
        [.. Enumerable.Range(prompt, completions * length)], vocabulary);

    /// <summary>Tokens drawn evenly.</summary>
    public static int[] Tokens(Random random, int count, int vocabulary)
    {
        ArgumentNullException.ThrowIfNull(random);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(vocabulary))];
    }

    /// <summary>Records of targets that count alike.</summary>
    public static TargetRecords Records(TokenBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return new TargetRecords
        {
            Component_M = [.. Enumerable.Repeat(LossComponent.Ntp, batch.TargetCount)],
            Sequence_M = new int[batch.TargetCount],
            Advantage_M = new float[batch.TargetCount],
            OldLogProb_M = new float[batch.TargetCount],
            ReferenceLogProb_M = new float[batch.TargetCount],
            Weight_M = [.. Enumerable.Repeat(1f, batch.TargetCount)],
        };
    }

    private static TokenBatch Of(Segment[] segments, int[] targetRows, int vocabulary)
    {
        Random random = new(1);
        Segment last = segments[^1];
        return new TokenBatch
        {
            Tokens_N = Tokens(random, last.Start + last.Length, vocabulary),
            Segments_S = segments,
            TargetRows_M = targetRows,
            Targets_M = Tokens(random, targetRows.Length, vocabulary),
            Temperatures_M = [.. Enumerable.Repeat(1f, targetRows.Length)],
        };
    }
}

/// <summary>−(1/M) Σ log-prob.</summary>
public sealed class MeanCrossEntropy : IObjective
{
    /// <inheritdoc/>
    public LossReport Evaluate(
        TargetRecords records, ReadOnlySpan<float> logProbs_M, ReadOnlySpan<float> entropies_M, Span<float> dLogProbs_M, Span<float> dEntropies_M)
    {
        double sum = 0;
        foreach (float logProb in logProbs_M)
            sum -= logProb;
        dLogProbs_M.Fill(-1f / logProbs_M.Length);
        dEntropies_M.Clear();
        return new LossReport { Loss = sum / logProbs_M.Length, NtpLoss = sum / logProbs_M.Length, NtpTokens = logProbs_M.Length };
    }
}
