using RlmEngine.Evaluation;
using RlmEngine.Experiments.Statistics;
using RlmEngine.Metrics;

namespace RlmEngine.Experiments;

/// <summary>The finished runs of an experiment, and what can be measured of them.</summary>
/// <param name="experiment">The experiment.</param>
/// <param name="runs">Its finished runs.</param>
public sealed class ExperimentData(Experiment experiment, IReadOnlyList<FinishedRun> runs)
{
    private const int Bins = 12;
    private const double LastShare = 0.25;
    private readonly Dictionary<(string, ulong), IReadOnlyList<Answer>> _answers = [];

    /// <summary>The experiment.</summary>
    public Experiment Experiment => experiment;

    /// <summary>Its finished runs.</summary>
    public IReadOnlyList<FinishedRun> Runs => runs;

    /// <summary>Resamples of an interval.</summary>
    public int Samples => experiment.BootstrapSamples;

    /// <summary>The finished runs of a result's entry, in the order of the seeds.</summary>
    public IReadOnlyList<FinishedRun> RunsOf(ResultOptions result) =>
        [.. runs.Where(run => run.Plan.Entry.Name == result.Entry).OrderBy(run => Array.IndexOf([.. experiment.Seeds], run.Plan.Seed))];

    /// <summary>A curve of a run: steps that have its metric, operations spent up to each, and its value.</summary>
    public static IReadOnlyList<CurvePoint> CurveOf(FinishedRun run, string metric)
    {
        List<CurvePoint> points = [];
        double flops = 0;
        int step = 0;
        foreach (Metrics.StepMetrics metrics in run.Steps)
        {
            double spent = metrics.Number(MetricNames.FlopsTotal);
            flops += double.IsFinite(spent) ? spent : 0;
            double value = metrics.Number(metric);
            if (double.IsFinite(value))
                points.Add(new CurvePoint(++step, flops, value));
        }

        return points;
    }

    /// <summary>Points of equal distance in ln FLOPs over all seeds of a result, each the mean of the steps around it.</summary>
    public IReadOnlyList<(double LogFlops, double Value)> LogComputePoints(ResultOptions result) => PointsOf(Of(result, Metric.LogComputeFit));

    internal Measurement Of(ResultOptions result, Metric metric) => metric switch
    {
        Metric.Saturation => Saturation(result),
        Metric.LogComputeFit => LogCompute(result, fit => fit.SignedRSquared),
        _ => OfAnswers(result, metric),
    };

    /// <summary>The slope of the curve against ln FLOPs.</summary>
    internal Measurement LogComputeSlope(ResultOptions result) => LogCompute(result, fit => fit.Slope);

    internal IReadOnlyList<Answer> AnswersOf(ResultOptions result, FinishedRun run)
    {
        (string, ulong) key = (result.Name, run.Plan.Seed);
        if (!_answers.TryGetValue(key, out IReadOnlyList<Answer>? answers))
            _answers[key] = answers = Answers(run.Items.Where(item => item.When == result.When && item.Kind == result.Kind && item.Mode == result.Mode));
        return answers;
    }

    private static IReadOnlyList<Answer> Answers(IEnumerable<EvaluationItem> items) =>
    [
        .. from item in items
           group item by (item.Document, item.Position, item.Tier) into question
           orderby question.Key.Document, question.Key.Position
           select new Answer(
               question.Key.Document, question.Key.Position, question.Key.Tier, question.Average(item => item.Correct),
               question.Average(item => item.Score), question.Average(item => item.Tokens), question.Average(item => item.ThinkTokens),
               question.Average(item => item.FormatFailure ? 1.0 : 0.0)),
    ];

    private Measurement OfAnswers(ResultOptions result, Metric metric)
    {
        Dictionary<ulong, IReadOnlyDictionary<string, double[]>> sums_SDK = [];
        foreach (FinishedRun run in RunsOf(result))
        {
            SortedDictionary<string, double[]> documents = new(StringComparer.Ordinal);
            foreach (Answer answer in AnswersOf(result, run))
            {
                if (!documents.TryGetValue(answer.Document, out double[]? sums_K))
                    documents[answer.Document] = sums_K = new double[AnswerSums.Width];
                AnswerSums.Add(sums_K, answer);
            }

            if (documents.Count > 0)
                sums_SDK[run.Plan.Seed] = documents;
        }

        return new Measurement { Sums_SDK = sums_SDK, Width = AnswerSums.Width, Statistic = sums => AnswerSums.Of(metric, sums) };
    }

    private Measurement Saturation(ResultOptions result) => OfCurves(
        result, 2, (curve, point, sums_K) =>
        {
            if (point.Step <= curve.Count - (int)Math.Ceiling(LastShare * curve.Count))
                return false;
            (sums_K[0], sums_K[1]) = (point.Value, 1);
            return true;
        }, sums => sums[0] / sums[1]);

    private Measurement LogCompute(ResultOptions result, Func<LineFit, double> statistic)
    {
        double[] logs = [.. RunsOf(result).SelectMany(run => CurveOf(run, result.Curve)).Where(point => point.Flops > 0).Select(point => Math.Log(point.Flops))];
        (double low, double high) = logs.Length == 0 ? (0, 1) : (logs.Min(), logs.Max());
        return OfCurves(
            result, 3 * Bins, (_, point, sums_K) =>
            {
                if (point.Flops <= 0)
                    return false;
                double log = Math.Log(point.Flops);
                int bin = high > low ? Math.Min(Bins - 1, (int)((log - low) / (high - low) * Bins)) : 0;
                (sums_K[3 * bin], sums_K[(3 * bin) + 1], sums_K[(3 * bin) + 2]) = (log, point.Value, 1);
                return true;
            }, sums => statistic(LineFit.Of(Means(sums))));
    }

    private Measurement OfCurves(
        ResultOptions result, int width, Func<IReadOnlyList<CurvePoint>, CurvePoint, double[], bool> add, Func<ReadOnlySpan<double>, double> statistic)
    {
        Dictionary<ulong, IReadOnlyDictionary<string, double[]>> sums_SDK = [];
        foreach (FinishedRun run in RunsOf(result))
        {
            SortedDictionary<string, double[]> steps = new(StringComparer.Ordinal);
            IReadOnlyList<CurvePoint> curve = CurveOf(run, result.Curve);
            foreach (CurvePoint point in curve)
            {
                var sums_K = new double[width];
                if (add(curve, point, sums_K))
                    steps.Add($"step {point.Step:D9}", sums_K);
            }

            if (steps.Count > 0)
                sums_SDK[run.Plan.Seed] = steps;
        }

        return new Measurement { Sums_SDK = sums_SDK, Width = width, Statistic = statistic };
    }

    private static IReadOnlyList<(double LogFlops, double Value)> PointsOf(Measurement measurement)
    {
        var total_K = new double[measurement.Width];
        foreach (double[] sums_K in measurement.Sums_SDK.Values.SelectMany(steps => steps.Values))
            for (int k = 0; k < total_K.Length; k++)
                total_K[k] += sums_K[k];
        return Means(total_K);
    }

    private static IReadOnlyList<(double, double)> Means(ReadOnlySpan<double> sums_K)
    {
        List<(double, double)> means = [];
        for (int k = 0; k < sums_K.Length; k += 3)
            if (sums_K[k + 2] > 0)
                means.Add((sums_K[k] / sums_K[k + 2], sums_K[k + 1] / sums_K[k + 2]));
        return means;
    }
}

/// <summary>A step of a curve.</summary>
/// <param name="Step">From 1, of the steps that have the metric.</param>
/// <param name="Flops">Operations spent up to it.</param>
/// <param name="Value">The metric.</param>
public readonly record struct CurvePoint(int Step, double Flops, double Value);
