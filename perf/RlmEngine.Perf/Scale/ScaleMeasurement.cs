using System.Diagnostics;
using System.Text.Json;
using RlmEngine.Kernels;
using RlmEngine.Policies;
using RlmEngine.Tokenization;
using RlmEngine.Transformer;
using RlmEngine.Transformer.Planning;

namespace RlmEngine.Perf.Scale;

/// <summary>`scale`: training steps and rollouts of one model in one process, their speed, share of the multiply-add peak, and memory, as JSON.</summary>
public static class ScaleMeasurement
{
    private const double GiB = 1L << 30;
    private static readonly OptimizerStep s_step = new(1e-5, 0.9, 0.95, 1e-8, 0.01, 1);
    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, WriteIndented = true };

    /// <summary>Runs it.</summary>
    /// <param name="args">
    /// --shape qwen3-0.6b, --compute float32, --recompute none, --sequences 4 of --length 512 trained on --steps 2 times, --rows 32 in groups of
    /// --group 8 that draw --tokens 64 behind prompts of --prompt 64, --limit 20 GiB.
    /// </param>
    /// <returns>The exit code: 1 when the peak of memory is above the limit.</returns>
    public static int Run(string[] args)
    {
        PerfOptions options = new(
            args, "--shape", "--compute", "--recompute", "--sequences", "--length", "--steps", "--rows", "--group", "--tokens", "--prompt", "--limit");
        ModelConfig config = ModelShape.Of(options.Text("--shape", "qwen3-0.6b")) with
        {
            Compute = options.Choice("--compute", WeightType.Float32),
            Recompute = options.Choice("--recompute", Recomputation.None),
        };
        var limits = MachineLimits.Measure();
        long start = Stopwatch.GetTimestamp();
        using var policy = TransformerPolicy.Create(config, 1);
        double created = Stopwatch.GetElapsedTime(start).TotalSeconds;
        TrainedScale[] train = [.. Train(policy, options, limits)];
        DrawnScale rollout = Draw(policy, options, limits);
        using var process = Process.GetCurrentProcess();
        double peak = process.PeakWorkingSet64 / GiB, limit = options.Number("--limit", 20);
        Console.WriteLine(JsonSerializer.Serialize(
            new
            {
                Shape = options.Text("--shape", "qwen3-0.6b"),
                Parameters = policy.ParameterCount,
                Compute = $"{config.Compute}",
                Recompute = $"{config.Recompute}",
                Machine = limits,
                CreateSeconds = created,
                Train = train,
                Rollout = rollout,
                PlannedTrainGiB = MemoryPlan.Train(config, options.Number("--sequences", 4) * options.Number("--length", 512)).Total / GiB,
                PeakGiB = peak,
                LimitGiB = limit,
            },
            s_json));
        return peak <= limit ? 0 : 1;
    }

    // The first step packs every weight and touches all memory for the first time; the last is what a run's steps are like.
    private static IEnumerable<TrainedScale> Train(TransformerPolicy policy, PerfOptions options, MachineLimits limits)
    {
        int sequences = options.Number("--sequences", 4), length = options.Number("--length", 512);
        double rows = (double)sequences * length;
        double flops = new FlopCount(policy.Config).Train(rows, rows, sequences * FlopCount.Keys(0, length));
        TokenBatch batch = RandomBatch.Sequences(sequences, length, policy.VocabularySize);
        for (int step = 0; step < options.Number("--steps", 2); step++)
        {
            long start = Stopwatch.GetTimestamp();
            _ = policy.Accumulate(batch, RandomBatch.Records(batch), new MeanCrossEntropy());
            double backward = Stopwatch.GetElapsedTime(start).TotalSeconds;
            _ = policy.Step(s_step);
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            yield return new TrainedScale(sequences, length, seconds, seconds - backward, rows / seconds, flops / seconds / limits.FlopsAllCores);
        }
    }

    private static DrawnScale Draw(TransformerPolicy policy, PerfOptions options, MachineLimits limits)
    {
        int rows = options.Number("--rows", 32), tokens = options.Number("--tokens", 64), prompt = options.Number("--prompt", 64);
        int group = options.Number("--group", 8);
        FlopCount count = new(policy.Config);
        long start = Stopwatch.GetTimestamp();
        using DecodingRun run = new(policy, rows, prompt, group);
        double prefill = Stopwatch.GetElapsedTime(start).TotalSeconds;
        run.Step(tokens);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        double groups = Math.Ceiling((double)rows / group);
        double flops = (groups * count.Forward(prompt, 0, FlopCount.Keys(0, prompt)))
            + (rows * count.Forward(tokens, tokens, FlopCount.Keys(prompt, tokens)));
        return new DrawnScale(rows, tokens, prompt, seconds, prefill, rows * (double)tokens / seconds, flops / seconds / limits.FlopsAllCores);
    }
}

/// <summary>One training step.</summary>
/// <param name="Sequences">Sequences.</param>
/// <param name="Length">Predicted tokens of each.</param>
/// <param name="Seconds">Forward, backward and optimizer.</param>
/// <param name="OptimizerSeconds">The optimizer's part.</param>
/// <param name="TokensPerSecond">Predicted tokens a second.</param>
/// <param name="Fraction">Share of the multiply-add peak at 6 FLOP per parameter and token, and attention.</param>
public sealed record TrainedScale(int Sequences, int Length, double Seconds, double OptimizerSeconds, double TokensPerSecond, double Fraction);

/// <summary>Rollouts side by side.</summary>
/// <param name="Rows">Rows.</param>
/// <param name="Tokens">Tokens drawn of each.</param>
/// <param name="Prompt">Tokens of a prompt.</param>
/// <param name="Seconds">Prefill and draws.</param>
/// <param name="PrefillSeconds">The prefill's part.</param>
/// <param name="TokensPerSecond">Drawn tokens a second.</param>
/// <param name="Fraction">Share of the multiply-add peak.</param>
public sealed record DrawnScale(int Rows, int Tokens, int Prompt, double Seconds, double PrefillSeconds, double TokensPerSecond, double Fraction);
