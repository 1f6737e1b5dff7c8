namespace RlmEngine.Experiments;

/// <summary>Sums over answers from which accuracy by tier, score and lengths follow.</summary>
internal static class AnswerSums
{
    private static readonly string[] s_tiers = ["easy", "medium", "hard"];

    /// <summary>Right answers and answers of easy, medium, hard and other questions, then score, tokens, think tokens, format failures.</summary>
    public const int Width = 12;

    private const int Others = 3;
    private const int Score = 8;

    /// <summary>Adds an answer.</summary>
    public static void Add(double[] sums_K, Answer answer)
    {
        int tier = TierOf(answer);
        sums_K[2 * tier] += answer.Correct;
        sums_K[(2 * tier) + 1]++;
        sums_K[Score] += answer.Score;
        sums_K[Score + 1] += answer.Tokens;
        sums_K[Score + 2] += answer.ThinkTokens;
        sums_K[Score + 3] += answer.FormatFailure;
    }

    /// <summary>Place of an answer's tier: easy, medium, hard, other.</summary>
    public static int TierOf(Answer answer) => Array.IndexOf(s_tiers, answer.Tier) is >= 0 and int tier ? tier : Others;

    /// <summary>A metric of the sums.</summary>
    /// <exception cref="ArgumentException">The metric is no metric of answers.</exception>
    public static double Of(Metric metric, ReadOnlySpan<double> sums_K) => metric switch
    {
        Metric.Accuracy => Accuracy(sums_K),
        Metric.Easy => sums_K[0] / sums_K[1],
        Metric.Medium => sums_K[2] / sums_K[3],
        Metric.Hard => sums_K[4] / sums_K[5],
        Metric.Score => sums_K[Score] / Count(sums_K),
        Metric.ResponseTokens => sums_K[Score + 1] / Count(sums_K),
        Metric.ThinkTokens => sums_K[Score + 2] / Count(sums_K),
        Metric.FormatFailures => sums_K[Score + 3] / Count(sums_K),
        _ => throw new ArgumentException($"{metric} does not follow from answers", nameof(metric)),
    };

    private static double Accuracy(ReadOnlySpan<double> sums_K)
    {
        double sum = 0;
        int tiers = 0;
        for (int tier = 0; tier <= Others; tier++)
        {
            if (sums_K[(2 * tier) + 1] == 0)
                continue;
            sum += sums_K[2 * tier] / sums_K[(2 * tier) + 1];
            tiers++;
        }

        return sum / tiers;
    }

    private static double Count(ReadOnlySpan<double> sums_K) => sums_K[1] + sums_K[3] + sums_K[5] + sums_K[7];
}

/// <summary>The answer to one question, the mean over its samples.</summary>
/// <param name="Document">Document or problem.</param>
/// <param name="Position">Place in it.</param>
/// <param name="Tier">Tier, or null.</param>
/// <param name="Correct">Share of the samples that are right.</param>
/// <param name="Score">Match reward.</param>
/// <param name="Tokens">Tokens of the response.</param>
/// <param name="ThinkTokens">Tokens of the thought.</param>
/// <param name="FormatFailure">Share of the samples that failed in form.</param>
internal readonly record struct Answer(
    string Document, int Position, string? Tier, double Correct, double Score, double Tokens, double ThinkTokens, double FormatFailure);
