using System.Text.RegularExpressions;
using RlmEngine.Grading;

namespace RlmEngine.Evaluation.Suites;

/// <summary>
/// The metrics of one document. Of responses: exact_match (text, as the harness compares it) and math_equal (mathematical equality), each the
/// share of samples that are right; pass_at_k of programs that ran. With n samples besides pass@k (unbiased) for k = 1, 2, 4, … n, and maj@n.
/// Of choices: acc, acc_norm (per character) and acc_bytes (per UTF-8 byte).
/// </summary>
public sealed class SuiteMetrics
{
    /// <summary>Compares texts.</summary>
    public const string ExactMatch = "exact_match";

    /// <summary>Compares mathematically.</summary>
    public const string MathEqual = "math_equal";

    /// <summary>Runs programs.</summary>
    public const string PassAt = "pass_at_k";

    private readonly SuiteTask _task;
    private readonly Dictionary<string, Regex> _ignored;

    /// <summary>Takes a task's metrics.</summary>
    /// <exception cref="InvalidDataException">A pattern is none.</exception>
    public SuiteMetrics(SuiteTask task)
    {
        _task = task;
        _ignored = task.Metrics.Where(metric => metric.RegexesToIgnore.Count > 0)
            .SelectMany(metric => metric.RegexesToIgnore).Distinct()
            .ToDictionary(pattern => pattern, ResponseFilter.PatternOf);
    }

    /// <summary>Names of metrics of generated responses.</summary>
    public static IReadOnlyList<string> OfResponses { get; } = [ExactMatch, MathEqual, PassAt];

    /// <summary>Names of metrics of scored choices.</summary>
    public static IReadOnlyList<string> OfChoices { get; } = ["acc", "acc_norm", "acc_bytes"];

    /// <summary>The metrics of one document's responses.</summary>
    /// <param name="filter">Name of the filter.</param>
    /// <param name="fallback">What stands for "no answer".</param>
    /// <param name="answers">Filtered answers.</param>
    /// <param name="target">The right answer.</param>
    /// <param name="passed">Whether each program passed; null where none is run.</param>
    public OrderedDictionary<string, double> OfAnswers(
        string filter, string fallback, IReadOnlyList<string> answers, string target, IReadOnlyList<bool>? passed)
    {
        OrderedDictionary<string, double> values = [];
        MetricOptions[] metrics = [.. _task.Metrics.Where(metric => metric.Covers(filter))];
        foreach (MetricOptions metric in metrics)
        {
            bool[] right = [.. answers.Select((answer, i) => metric.Metric == PassAt ? passed![i] : IsRight(metric, fallback, target, answer))];
            int correct = right.Count(isRight => isRight);
            if (metric.Metric != PassAt)
                values[metric.Metric] = (double)correct / right.Length;
            bool leads = metric == metrics[^1];
            foreach (int k in Ks(metric, right.Length, leads))
                values[$"pass@{k}"] = PassAtK.Of(right.Length, correct, k);
            if (right.Length > 1 && leads && metric.Metric != PassAt)
                values[$"maj@{right.Length}"] = Majority(metric, fallback, answers, right);
        }

        return values;
    }

    /// <summary>The metrics of one document's choices, by the harness's rules: the first of the likeliest choices is the answer.</summary>
    /// <param name="logProbs">ln p of each choice.</param>
    /// <param name="choices">The choices' texts.</param>
    /// <param name="right">Index of the right one.</param>
    public OrderedDictionary<string, double> OfLogProbs(IReadOnlyList<double> logProbs, IReadOnlyList<string> choices, int right)
    {
        OrderedDictionary<string, double> values = [];
        foreach (MetricOptions metric in _task.Metrics)
        {
            double LengthOf(string choice) => metric.Metric switch
            {
                "acc_norm" => choice.EnumerateRunes().Count(),
                "acc_bytes" => System.Text.Encoding.UTF8.GetByteCount(choice),
                _ => 1,
            };
            int best = 0;
            for (int i = 1; i < choices.Count; i++)
            {
                if (logProbs[i] / LengthOf(choices[i]) > logProbs[best] / LengthOf(choices[best]))
                    best = i;
            }

            values[metric.Metric] = best == right ? 1 : 0;
        }

        return values;
    }

    private static IEnumerable<int> Ks(MetricOptions metric, int samples, bool leads)
    {
        var ks = new SortedSet<int>(metric.K.Where(k => k <= samples));
        if (samples > 1 && leads)
        {
            for (int k = 1; k < samples; k *= 2)
                ks.Add(k);
            ks.Add(samples);
        }

        return ks;
    }

    private double Majority(MetricOptions metric, string fallback, IReadOnlyList<string> answers, bool[] right)
    {
        int winner = MajorityVote.Winner([.. answers.Select(answer => answer == fallback ? null : answer)], (a, b) => AreEqual(metric, a, b));
        return winner >= 0 && right[winner] ? 1 : 0;
    }

    /// <summary>What stands for "no answer" is never mathematically right; as text it is compared as it is, as in the harness.</summary>
    private bool IsRight(MetricOptions metric, string fallback, string target, string answer) =>
        (metric.Metric != MathEqual || answer != fallback) && AreEqual(metric, target, answer);

    private bool AreEqual(MetricOptions metric, string target, string answer) => metric.Metric == MathEqual
        ? MathAnswer.AreEqual(target, answer)
        : Normalized(metric, target) == Normalized(metric, answer);

    private string Normalized(MetricOptions metric, string text)
    {
        foreach (string pattern in metric.RegexesToIgnore)
            text = Without(_ignored[pattern], text);
        if (metric.IgnoreCase)
            text = text.ToLowerInvariant();
        return metric.IgnorePunctuation ? string.Concat(text.Where(c => !char.IsAscii(c) || !(char.IsPunctuation(c) || char.IsSymbol(c)))) : text;
    }

    private static string Without(Regex pattern, string text)
    {
        try
        {
            return pattern.Replace(text, "");
        }
        catch (RegexMatchTimeoutException)
        {
            return text;
        }
    }
}
