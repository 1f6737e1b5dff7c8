using RlmEngine.Evaluation;
using RlmEngine.Metrics;

namespace RlmEngine.Training;

/// <summary>Writes an evaluation during a stage into the step's metrics, a point of its curve.</summary>
internal static class EvaluationMetrics
{
    public static void Write(StepMetrics metrics, EvaluationReport report)
    {
        void Set(string name, double? value)
        {
            if (value is { } number)
                metrics.Set(MetricNames.EvaluationPrefix + name, number);
        }
        Set("nextToken/easy", report.NextToken?.Easy);
        Set("nextToken/medium", report.NextToken?.Medium);
        Set("nextToken/hard", report.NextToken?.Hard);
        Set("nextToken/average", report.NextToken?.Average);
        Set("nextToken/thinkTokens", report.NextToken?.MeanThinkTokens);
        Set("nextToken/formatFailures", report.NextToken?.FormatFailures);
        Set("nextTokenDirect/average", report.NextTokenDirect?.Average);
        Set("restoration/score", report.Restoration?.Score);
        Set("restoration/exact", report.Restoration?.Exact);
        Set("restoration/thinkTokens", report.Restoration?.MeanThinkTokens);
        Set("problem/accuracy", report.Problem?.Accuracy);
        Set("problem/thinkTokens", report.Problem?.MeanThinkTokens);
        Set("problem/formatFailures", report.Problem?.FormatFailures);
        Set("problemDirect/accuracy", report.ProblemDirect?.Accuracy);
    }
}
