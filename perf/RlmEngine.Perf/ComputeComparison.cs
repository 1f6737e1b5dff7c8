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

    /// <summary>Prints for each number of rows each pair, with the limits measured just before it, and the medians.</summary>
    /// <remarks>
    /// A step takes at least max(weights' bytes / read bandwidth, 2 · rows · weights / multiply-add peak), so that bfloat16 is at most twice as
    /// fast, and less where the machine reads faster than it multiplies so many rows.
    /// </remarks>
    /// <param name="args">A shape's name or a config.json; rows decoded side by side; tokens a row; pairs.</param>
    public static int Run(string[] args)
    {
        ModelConfig config = File.Exists(args[0]) ? HuggingFaceConfig.Read(args[0]) : ModelShape.Of(args[0]);
        int[] rows = [.. (args.Length > 1 ? args[1] : "8").Split(',').Select(text => int.Parse(text, CultureInfo.InvariantCulture))];
        int tokens = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 8;
        int pairs = args.Length > 3 ? int.Parse(args[3], CultureInfo.InvariantCulture) : 5;
        using var single = TransformerPolicy.Create(config, 1);
        using var half = TransformerPolicy.Create(config with { Compute = WeightType.Bfloat16 }, 1);
        double weights = ParameterCount.Of(config).Matrices + ((double)config.VocabularySize * config.HiddenSize);
        foreach (int count in rows)
        {
            _ = Seconds(single, count, 2);
            _ = Seconds(half, count, 2);
            var measured = new Pair[pairs];
            for (int pair = 0; pair < pairs; pair++)
            {
                MachineLimits limits = MachineLimits.Measure();
                measured[pair] = new Pair(limits, count, weights, Seconds(single, count, tokens), Seconds(half, count, tokens));
                Console.WriteLine($"rows {count}, pair {pair + 1}: {measured[pair]}");
            }

            Console.WriteLine(Summary(count, measured));
        }

        return 0;
    }

    private static string Summary(int rows, Pair[] pairs)
    {
        double single = Median(pairs.Select(pair => rows / pair.Single)), half = Median(pairs.Select(pair => rows / pair.Half));
        double ratio = Median(pairs.Select(pair => pair.Ratio)), least = pairs.Min(pair => pair.Ratio), most = pairs.Max(pair => pair.Ratio);
        return $"rows {rows}: float32 {single:F1} tokens/s, bfloat16 {half:F1} tokens/s, ratio {ratio:F2} ({least:F2} to {most:F2}, {pairs.Length} pairs)";
    }

    /// <summary>Seconds of a step with each type, and what the machine could do then.</summary>
    private sealed record Pair(MachineLimits Limits, int Rows, double Weights, double Single, double Half)
    {
        public double Ratio => Single / Half;

        public override string ToString() =>
            $"reads {Limits.ReadBytesAllCores / 1e9:F1} GB/s, multiplies {Limits.FlopsAllCores / 1e9:F0} GFLOP/s; "
            + $"float32 {Rows / Single:F1} tokens/s, {Least(sizeof(float)) / Single:P0} of that limit; "
            + $"bfloat16 {Rows / Half:F1} tokens/s, {Least(sizeof(ushort)) / Half:P0}; "
            + $"ratio {Ratio:F2}, {Least(sizeof(float)) / Least(sizeof(ushort)):F2} at the limits";

        private double Least(int bytes) => Math.Max(bytes * Weights / Limits.ReadBytesAllCores, 2 * Rows * Weights / Limits.FlopsAllCores);
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
