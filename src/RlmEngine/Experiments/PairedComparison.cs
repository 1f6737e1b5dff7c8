using RlmEngine.Experiments.Statistics;

namespace RlmEngine.Experiments;

/// <summary>Tests of two results on the questions that both were asked.</summary>
/// <param name="Pairs">Such questions, over all seeds.</param>
/// <param name="McNemar">Exact p over questions; null where an answer is the mean of several samples, or no matter of right or wrong.</param>
/// <param name="SignFlip">Sign-flip p over documents, of the metric's difference.</param>
internal readonly record struct PairedComparison(int Pairs, double? McNemar, double SignFlip)
{
    /// <summary>Compares accuracy, which weighs tiers alike, or the mean score.</summary>
    public static PairedComparison Of(ExperimentData data, ResultOptions left, ResultOptions right, Metric metric)
    {
        List<(string Document, Answer Left, Answer Right)> pairs = [];
        IReadOnlyList<FinishedRun> others = data.RunsOf(right);
        foreach (FinishedRun run in data.RunsOf(left))
        {
            if (others.FirstOrDefault(other => other.Plan.Seed == run.Plan.Seed) is not { } other)
                continue;
            Dictionary<(string, int), Answer> asked = [];
            foreach (Answer answer in data.AnswersOf(right, other))
                asked[(answer.Document, answer.Position)] = answer;
            foreach (Answer answer in data.AnswersOf(left, run))
                if (asked.TryGetValue((answer.Document, answer.Position), out Answer match))
                    pairs.Add(($"{run.Plan.Seed} {answer.Document}", answer, match));
        }

        bool isBinary = metric == Metric.Accuracy && pairs.All(pair => pair.Left.Correct is 0 or 1 && pair.Right.Correct is 0 or 1);
        return new PairedComparison(
            pairs.Count,
            isBinary
                ? PairedTests.McNemarExact(
                    pairs.Count(pair => pair.Left.Correct > pair.Right.Correct), pairs.Count(pair => pair.Left.Correct < pair.Right.Correct))
                : null,
            PairedTests.SignFlip(Differences(pairs, metric), data.Samples));
    }

    // What each document adds to the difference: accuracy is a mean of tiers, so a question counts 1 / (its tier's questions · tiers).
    private static IEnumerable<double> Differences(List<(string Document, Answer Left, Answer Right)> pairs, Metric metric)
    {
        Dictionary<int, int> counts = pairs.CountBy(pair => AnswerSums.TierOf(pair.Left)).ToDictionary();
        double Weighted((string, Answer Left, Answer Right) pair) => metric == Metric.Accuracy
            ? (pair.Left.Correct - pair.Right.Correct) / (counts[AnswerSums.TierOf(pair.Left)] * counts.Count)
            : (pair.Left.Score - pair.Right.Score) / pairs.Count;
        return pairs.GroupBy(pair => pair.Document).Select(document => document.Sum(Weighted));
    }
}
