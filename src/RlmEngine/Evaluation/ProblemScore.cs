using RlmEngine.Rollouts;

namespace RlmEngine.Evaluation;

/// <summary>How many held-out problems are answered rightly.</summary>
public sealed record ProblemScore
{
    /// <summary>Mean share of a problem's samples that are right: pass@1.</summary>
    public double Accuracy { get; init; }

    /// <summary>95 % bootstrap interval of Accuracy over problems.</summary>
    public double[]? Interval { get; init; }

    /// <summary>Accuracy by kind of problem, where problems have kinds.</summary>
    public IReadOnlyDictionary<string, double> ByKind { get; init; } = new Dictionary<string, double>();

    /// <summary>Unbiased pass@k for k = 1, 2, 4, … up to the number of samples.</summary>
    public IReadOnlyDictionary<int, double> PassAt { get; init; } = new Dictionary<int, double>();

    /// <summary>Problems evaluated.</summary>
    public int Count { get; init; }

    /// <summary>Mean think length, tokens.</summary>
    public double MeanThinkTokens { get; init; }

    /// <summary>Mean response length, tokens.</summary>
    public double MeanTokens { get; init; }

    /// <summary>Share without a closed thought and an ended answer; they count as wrong.</summary>
    public double FormatFailures { get; init; }

    /// <summary>Scores completions.</summary>
    /// <param name="rollouts">P problems with n samples each.</param>
    /// <param name="right_P">Samples of each problem that are right.</param>
    public static ProblemScore Of(RolloutBatch rollouts, IReadOnlyList<int> right_P)
    {
        int samples = rollouts.GroupSize;
        var passAt = new Dictionary<int, double>();
        for (int k = 1; k <= samples; k *= 2)
            passAt[k] = right_P.Average(right => PassAtK.Of(samples, right, k));
        return new ProblemScore
        {
            Accuracy = right_P.Average(right => right / (double)samples),
            ByKind = rollouts.Prompts.Zip(right_P)
                .Where(pair => pair.First.Question?.Kind is not null)
                .GroupBy(pair => pair.First.Question!.Kind!).OrderBy(kind => kind.Key, StringComparer.Ordinal)
                .ToDictionary(kind => kind.Key, kind => kind.Average(pair => pair.Second / (double)samples)),
            PassAt = passAt,
            Count = right_P.Count,
            MeanThinkTokens = rollouts.Completions.Average(c => c.ThinkLength),
            MeanTokens = rollouts.Completions.Average(c => c.Tokens_T.Length),
            FormatFailures = rollouts.Completions.Average(c => c.IsWellFormed ? 0.0 : 1.0),
        };
    }
}
