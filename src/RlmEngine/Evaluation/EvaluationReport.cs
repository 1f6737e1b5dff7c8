namespace RlmEngine.Evaluation;

/// <summary>What a policy can do on held-out documents.</summary>
public sealed record EvaluationReport
{
    /// <summary>Mean teacher-forced loss of held-out documents, nats per token.</summary>
    public double HeldOutLoss { get; init; }

    /// <summary>Next-token accuracy after thinking (NTR), by tier; null when not asked for.</summary>
    public TierAccuracy? NextToken { get; init; }

    /// <summary>Next-token accuracy by argmax without thinking (NTP) at the same positions.</summary>
    public TierAccuracy? NextTokenDirect { get; init; }

    /// <summary>Restoration score; null when not asked for.</summary>
    public RestorationScore? Restoration { get; init; }

    /// <summary>Held-out problems after thinking; null when not asked for.</summary>
    public ProblemScore? Problem { get; init; }

    /// <summary>The same problems without a thought, by argmax.</summary>
    public ProblemScore? ProblemDirect { get; init; }

    /// <summary>One line for a person.</summary>
    public string ToLine()
    {
        string line = $"held-out loss {HeldOutLoss:F3}";
        if (NextToken is { } think && NextTokenDirect is { } direct)
            line += $"; next token after thinking {think.ToLine()}, {think.MeanThinkTokens:F1} think tokens, "
                + $"{think.FormatFailures:P0} format failures; by argmax {direct.ToLine()}";
        if (Restoration is { } restoration)
            line += $"; restoration {restoration.Score:F3} (exact {restoration.Exact:F3}), {restoration.MeanThinkTokens:F1} think tokens, "
                + $"{restoration.FormatFailures:P0} format failures";
        if (Problem is { } problem)
            line += $"; problems {problem.Accuracy:F3}, {problem.MeanThinkTokens:F1} think tokens, {problem.FormatFailures:P0} format failures, "
                + $"without a thought {ProblemDirect?.Accuracy:F3}";
        return line;
    }

    /// <summary>Budget B that the think-then-predict prompts carried.</summary>
    public int Budget { get; init; }
}

/// <summary>Accuracy by tier, each with its 95 % bootstrap interval over documents.</summary>
public sealed record TierAccuracy
{
    /// <summary>Accuracy of easy positions, 0..1; null when there are none.</summary>
    public double? Easy { get; init; }

    /// <summary>Accuracy of medium positions.</summary>
    public double? Medium { get; init; }

    /// <summary>Accuracy of hard positions.</summary>
    public double? Hard { get; init; }

    /// <summary>Mean of the tiers that have positions.</summary>
    public double Average { get; init; }

    /// <summary>Positions evaluated.</summary>
    public int Count { get; init; }

    /// <summary>Average, then the tiers.</summary>
    public string ToLine() => $"{Average:F3} (easy {Text(Easy)}, medium {Text(Medium)}, hard {Text(Hard)})";

    private static string Text(double? accuracy) => accuracy?.ToString("F3") ?? "-";

    /// <summary>95 % interval of Easy.</summary>
    public double[]? EasyInterval { get; init; }

    /// <summary>95 % interval of Medium.</summary>
    public double[]? MediumInterval { get; init; }

    /// <summary>95 % interval of Hard.</summary>
    public double[]? HardInterval { get; init; }

    /// <summary>95 % interval of Average.</summary>
    public double[]? AverageInterval { get; init; }

    /// <summary>Mean think length, tokens; 0 without thinking.</summary>
    public double MeanThinkTokens { get; init; }

    /// <summary>Share of completions without a closed thought and an answer; they count as wrong.</summary>
    public double FormatFailures { get; init; }
}

/// <summary>How well removed spans are restored.</summary>
public sealed record RestorationScore
{
    /// <summary>Mean match reward, 0..1.</summary>
    public double Score { get; init; }

    /// <summary>Share restored exactly.</summary>
    public double Exact { get; init; }

    /// <summary>95 % bootstrap interval of Score over documents.</summary>
    public double[]? Interval { get; init; }

    /// <summary>Prompts evaluated.</summary>
    public int Count { get; init; }

    /// <summary>Mean think length, tokens.</summary>
    public double MeanThinkTokens { get; init; }

    /// <summary>Share without a closed thought and an ended answer; they score 0.</summary>
    public double FormatFailures { get; init; }
}
