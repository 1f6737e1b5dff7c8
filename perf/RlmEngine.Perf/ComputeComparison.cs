using System.Diagnostics;
using System.Globalization;
using RlmEngine.Kernels;
using RlmEngine.Kernels.Rollout;
using RlmEngine.Policies;
using RlmEngine.Rollouts;
using RlmEngine.Transformer;
using RlmEngine.Transformer.Planning;

namespace RlmEngine.Perf;

/// <summary>`compute SHAPE [ROWS,... [TOKENS [PAIRS]]]`: decoding with float32 and with bfloat16 products in turns, in one process.</summary>
public static class ComputeComparison
{
    private const int Prompt = 16;

    /// <summary>Prints for each number of rows the medians, their ratio, and the bytes of weights read a second beside the machine's limit.</summary>
    /// <param name="args">A shape's name or a config.json; rows decoded side by side; tokens a row; pairs.</param>
    public static int Run(string[] args)
    {
        ModelConfig config = File.Exists(args[0]) ? HuggingFaceConfig.Read(args[0]) : ModelShape.Of(args[0]);
        int[] rows = [.. (args.Length > 1 ? args[1] : "8").Split(',').Select(text => int.Parse(text, CultureInfo.InvariantCulture))];
        int tokens = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 8;
        int pairs = args.Length > 3 ? int.Parse(args[3], CultureInfo.InvariantCulture) : 5;
        using var single = TransformerPolicy.Create(config, 1);
        using var half = TransformerPolicy.Create(config with { Compute = WeightType.Bfloat16 }, 1);
        double limit = MachineLimits.Measure().ReadBytesAllCores;
        Console.WriteLine($"read bandwidth {limit / 1e9:F1} GB/s");
        foreach (int count in rows)
        {
            _ = Seconds(single, count, 2);
            _ = Seconds(half, count, 2);
            var times = new (double Single, double Half)[pairs];
            for (int pair = 0; pair < pairs; pair++)
                times[pair] = (Seconds(single, count, tokens), Seconds(half, count, tokens));
            double s = Median(times.Select(time => time.Single)), h = Median(times.Select(time => time.Half));
            double ratio = Median(times.Select(time => time.Single / time.Half));
            Console.WriteLine(
                $"rows {count}: float32 {Rate(single, count, s, limit)}; bfloat16 {Rate(half, count, h, limit)}; "
                + $"ratio {ratio:F2} ({times.Min(time => time.Single / time.Half):F2} to {times.Max(time => time.Single / time.Half):F2}, {pairs} pairs)");
        }

        return 0;
    }

    private static string Rate(TransformerPolicy policy, int rows, double seconds, double limit)
    {
        var parameters = ParameterCount.Of(policy.Config);
        double bytes = (policy.Config.Compute == WeightType.Bfloat16 ? 2 : 4)
            * ((double)parameters.Matrices + ((long)policy.Config.VocabularySize * policy.Config.HiddenSize)) / seconds;
        return $"{rows / seconds:F1} tokens/s, {bytes / 1e9:F1} GB/s of weights = {bytes / limit:P0}";
    }

    /// <summary>Seconds of one step, the median of a run.</summary>
    private static double Seconds(TransformerPolicy policy, int rows, int tokens)
    {
        using IDecodingSession session = policy.OpenSession(rows, 1);
        var random = new Random(1);
        int prefix = session.Prefill([Enumerable.Range(0, Prompt).Select(_ => random.Next(policy.VocabularySize)).ToArray()])[0];
        int[] rows_R = [.. Enumerable.Range(0, rows).Select(_ => session.StartRow(prefix))];
        int[] tokens_R = new int[rows];
        SamplingParameters[] parameters_R = [.. Enumerable.Repeat(new SamplingParameters(1f), rows)];
        var counters_R = new PhiloxCounter[rows];
        var sampled_R = new SampledToken[rows];
        double[] times = new double[tokens];
        for (uint position = 0; position < tokens; position++)
        {
            for (uint row = 0; row < rows; row++)
                counters_R[row] = new PhiloxCounter(RandomPurpose.Sampling, 0, 0, row, position);
            long start = Stopwatch.GetTimestamp();
            session.Decode(rows_R, tokens_R, parameters_R, counters_R, sampled_R);
            times[position] = Stopwatch.GetElapsedTime(start).TotalSeconds;
            for (int row = 0; row < rows; row++)
                tokens_R[row] = sampled_R[row].Token;
        }

        return Median(times);
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
