using RlmEngine.Evaluation;
using RlmEngine.Experiments.Statistics;

namespace RlmEngine.Experiments;

/// <summary>Makes the tables of an experiment from its finished runs; the same runs give the same numbers.</summary>
/// <param name="data">The runs.</param>
public sealed class TableBuilder(ExperimentData data)
{
    private static readonly Column[] s_difference =
    [
        new("difference", "difference", NumberFormat.Percent), new("pMcNemar", "p (McNemar)", NumberFormat.Probability),
        new("pSignFlip", "p (documents)", NumberFormat.Probability), new("pairs", "pairs", NumberFormat.Count),
    ];

    private static readonly Column[] s_lengths =
    [
        new("responseTokens", "response tokens", NumberFormat.Short), new("formatFailures", "format failures", NumberFormat.Percent),
    ];

    /// <summary>The tables of all sections.</summary>
    public IReadOnlyList<ResultsTable> All() => [.. data.Experiment.Sections.Select(Of)];

    /// <summary>The table of one section; rows without a finished run are empty.</summary>
    public ResultsTable Of(SectionOptions section)
    {
        ResultOptions? reference = section.Reference is null ? null : data.Experiment.Result(section.Reference);
        IReadOnlyList<Column> columns = ColumnsOf(section.Type, reference is not null);
        ResultRow[] rows = [.. section.Rows.Select(name => RowOf(section.Type, data.Experiment.Result(name)!, reference))];
        int[] kept = [.. Enumerable.Range(0, columns.Count).Where(c => rows.Any(row => row.Cells[c].Value is not null))];
        return new ResultsTable
        {
            Title = section.Title,
            Type = section.Type,
            Note = section.Note,
            Reference = reference?.Label,
            Columns = [.. kept.Select(c => columns[c])],
            Rows = [.. rows.Select(row => row with { Cells = [.. kept.Select(c => row.Cells[c])] })],
        };
    }

    private static IReadOnlyList<Column> ColumnsOf(SectionType type, bool hasReference)
    {
        Column[] own = type switch
        {
            SectionType.Accuracy =>
            [
                new("easy", "easy", NumberFormat.Percent), new("medium", "medium", NumberFormat.Percent), new("hard", "hard", NumberFormat.Percent),
                new("average", "average", NumberFormat.Percent), .. s_lengths,
            ],
            SectionType.Length =>
            [
                new("responseTokens", "response tokens", NumberFormat.Short), new("thinkTokens", "think tokens", NumberFormat.Short),
                .. hasReference ? [new Column("ratio", "share of the reference's", NumberFormat.Percent)] : Array.Empty<Column>(),
            ],
            SectionType.Score =>
            [
                new("score", "score", NumberFormat.Percent), new("right", "right", NumberFormat.Percent), .. s_lengths,
            ],
            SectionType.Change =>
            [
                new("before", "before", NumberFormat.Percent), new("after", "after", NumberFormat.Percent), .. s_lengths, .. s_difference,
            ],
            SectionType.Curve => [new("saturation", "level reached", NumberFormat.Percent)],
            _ =>
            [
                new("perDoubling", "gain with twice the FLOPs", NumberFormat.Fine), new("rSquared", "R² of the line, with the slope's sign", NumberFormat.Fine),
                new("flops", "FLOPs", NumberFormat.Count),
            ],
        };
        return (hasReference, type) switch
        {
            (true, SectionType.Accuracy or SectionType.Score) => [.. own, .. s_difference],
            (true, SectionType.Curve) => [.. own, s_difference[0]],
            _ => own,
        };
    }

    private ResultRow RowOf(SectionType type, ResultOptions result, ResultOptions? reference)
    {
        Metric main = type switch
        {
            SectionType.Accuracy or SectionType.Change => Metric.Accuracy,
            SectionType.Length => Metric.ResponseTokens,
            SectionType.Score => Metric.Score,
            SectionType.Curve => Metric.Saturation,
            _ => Metric.LogComputeFit,
        };
        ResultOptions? other = type == SectionType.Change ? result with { Name = result.Name + " before", When = "before" } : reference;
        IEnumerable<Cell> cells = type switch
        {
            SectionType.Accuracy => [.. Metrics(result, Metric.Easy, Metric.Medium, Metric.Hard, Metric.Accuracy), .. Lengths(result)],
            SectionType.Length =>
            [
                .. Metrics(result, Metric.ResponseTokens, Metric.ThinkTokens), .. reference is null ? Array.Empty<Cell>() : [Ratio(result, reference)],
            ],
            SectionType.Score => [.. Metrics(result, Metric.Score, Metric.Accuracy), .. Lengths(result)],
            SectionType.Change => [.. Metrics(other!, Metric.Accuracy), .. Metrics(result, Metric.Accuracy), .. Lengths(result)],
            SectionType.Curve => Metrics(result, Metric.Saturation),
            _ => LogCompute(result),
        };
        return new ResultRow
        {
            Name = result.Name,
            Label = result.Label,
            Cells = [.. cells, .. other is null || type is SectionType.Length or SectionType.LogCompute ? [] : Compared(type, result, other, main)],
            BySeed = data.Of(result, main).BySeed(),
            Points = type switch
            {
                SectionType.Curve => Curve(result),
                SectionType.LogCompute => [.. data.LogComputePoints(result).Select(point => new PlotPoint(point.LogFlops, point.Value))],
                _ => [],
            },
            Fit = type == SectionType.LogCompute ? LineFit.Of(data.LogComputePoints(result)) : null,
        };
    }

    private Cell[] Metrics(ResultOptions result, params Metric[] metrics) => [.. metrics.Select(metric => Cell.Of(data.Of(result, metric).Interval(data.Samples)))];

    private Cell[] Lengths(ResultOptions result) => Metrics(result, Metric.ResponseTokens, Metric.FormatFailures);

    private Cell Ratio(ResultOptions result, ResultOptions reference) =>
        Cell.Of(Measurement.Ratio(data.Of(result, Metric.ResponseTokens), data.Of(reference, Metric.ResponseTokens), data.Samples));

    private Cell[] Compared(SectionType type, ResultOptions result, ResultOptions other, Metric main)
    {
        int columns = type == SectionType.Curve ? 1 : s_difference.Length;
        if (result.Name == other.Name)
            return [.. Enumerable.Repeat(Cell.None, columns)];
        Cell difference = Cell.Of(Measurement.Difference(data.Of(result, main), data.Of(other, main), 1, data.Samples));
        if (type == SectionType.Curve)
            return [difference];
        PairedComparison pairs = PairedComparison.Of(data, result, other, main);
        return pairs.Pairs == 0
            ? [difference, Cell.None, Cell.None, Cell.None]
            : [difference, pairs.McNemar is { } p ? Cell.Of(p) : Cell.None, Cell.Of(pairs.SignFlip), Cell.Of(pairs.Pairs)];
    }

    private Cell[] LogCompute(ResultOptions result)
    {
        ConfidenceInterval slope = data.LogComputeSlope(result).Interval(data.Samples);
        ConfidenceInterval fit = data.Of(result, Metric.LogComputeFit).Interval(data.Samples);
        double ln2 = Math.Log(2);
        double[] flops = [.. data.RunsOf(result).Select(run => run.Flops ?? double.NaN)];
        return
        [
            Cell.Of(slope with { Estimate = slope.Estimate * ln2, Lower = slope.Lower * ln2, Upper = slope.Upper * ln2 }),
            Cell.Of(fit), flops.Length == 0 ? Cell.None : Cell.Of(flops.Average()),
        ];
    }

    /// <summary>The curve's mean over the seeds at each step that all of them have.</summary>
    private PlotPoint[] Curve(ResultOptions result)
    {
        IReadOnlyList<CurvePoint>[] curves = [.. data.RunsOf(result).Select(run => ExperimentData.CurveOf(run, result.Curve)).Where(curve => curve.Count > 0)];
        return curves.Length == 0
            ? []
            : [.. Enumerable.Range(0, curves.Min(curve => curve.Count)).Select(i => new PlotPoint(i + 1, Cell.Rounded(curves.Average(curve => curve[i].Value)) ?? double.NaN))];
    }
}
