using System.Diagnostics;
using RlmEngine.Kernels.Tracing;
using RlmEngine.Policies;
using RlmEngine.Tokenization;
using RlmEngine.Transformer;

namespace RlmEngine.Perf.Growth;

/// <summary>`growth PART`: what a token costs, and what memory it takes, as contexts, vocabularies and groups grow; tables and plots.</summary>
public static class GrowthMeasurement
{
    private const int Times = 3;
    private static readonly int[] s_contexts = [256, 512, 1024, 2048, 4096, 8192];
    private static readonly int[] s_vocabularies = [1024, 4096, 16_384, 65_536, 151_936];
    private static readonly int[] s_groups = [1, 2, 4, 8, 16, 32, 64];
    private static readonly OptimizerStep s_step = new(1e-5, 0.9, 0.95, 1e-8, 0.01, 1);

    /// <summary>Measures one part, or all.</summary>
    /// <param name="args">context, vocabulary, group, memory or all; --out FOLDER (perf/results/growth unless given).</param>
    /// <returns>The exit code.</returns>
    public static int Run(string[] args)
    {
        if (args is ["peak", var work, var size])
            return MemoryGrowth.PrintPeak(work, int.Parse(size, System.Globalization.CultureInfo.InvariantCulture));
        string part = args.Length > 0 ? args[0] : "all";
        string folder = new PerfOptions(args.Length > 0 ? args[1..] : [], "--out").Text("--out", Path.Combine("perf", "results", "growth"));
        (string Name, Func<GrowthTable[]> Measure)[] parts =
            [("context", Context), ("vocabulary", Vocabulary), ("group", Group), ("memory", () => MemoryGrowth.Measure(s_contexts))];
        if (part != "all" && parts.All(known => known.Name != part))
            throw new ArgumentException($"{part}: no such part; {string.Join(", ", parts.Select(known => known.Name))} or all is needed");
        foreach ((string name, Func<GrowthTable[]> measure) in parts)
        {
            if (part != "all" && part != name)
                continue;
            foreach (GrowthTable table in measure())
                table.Write(folder);
        }

        return 0;
    }

    /// <summary>The same 8,192 rows in ever fewer, longer sequences; and 16 rows that decode behind an ever longer prompt.</summary>
    private static GrowthTable[] Context()
    {
        const int rows = 8192, decoded = 16, steps = 24;
        GrowthTable train = new("train-by-context", "Training: time per token by context (tiny)", "context, tokens", "µs", "all", "attention", "all but attention");
        GrowthTable decode = new("decode-by-context", "Decoding 16 rows: time per token by context (tiny)", "context, tokens", "µs", "all", "attention", "all but attention");
        using var policy = TransformerPolicy.Create(ModelShape.Tiny, 1);
        WarmUp(policy);
        foreach (int length in s_contexts)
        {
            TokenBatch batch = RandomBatch.Sequences(rows / length, length, policy.VocabularySize);
            AddShares(train, length, rows, KernelClock.Fastest(Times, () => Train(policy, batch)));
            using DecodingRun run = new(policy, decoded, length - ((Times + 1) * steps), decoded);
            run.Step(steps);
            AddShares(decode, length, decoded * steps, KernelClock.Fastest(Times, () => run.Step(steps)));
        }

        return [train, decode];
    }

    /// <summary>8 sequences of 256 tokens, and 64 rows decoded, with ever larger vocabularies.</summary>
    private static GrowthTable[] Vocabulary()
    {
        const int sequences = 8, length = 256, decoded = 64, steps = 8;
        GrowthTable train = new(
            "train-by-vocabulary", "Training: time per token by vocabulary (tiny)", "vocabulary", "µs", "forward and backward", "language head", "all but the head");
        GrowthTable decode = new("decode-by-vocabulary", "Decoding 64 rows: time per token by vocabulary (tiny)", "vocabulary", "µs", "all", "logits and sampling", "layers");
        foreach (int vocabulary in s_vocabularies)
        {
            using var policy = TransformerPolicy.Create(ModelShape.Tiny with { VocabularySize = vocabulary }, 1);
            WarmUp(policy);
            TokenBatch batch = RandomBatch.Sequences(sequences, length, vocabulary);
            (double all, KernelClock kernels) = KernelClock.Fastest(
                Times, () => policy.Accumulate(batch, RandomBatch.Records(batch), new MeanCrossEntropy()));
            _ = policy.Step(s_step);
            double head = kernels.Seconds(KernelKind.HeadForward, KernelKind.HeadBackward), tokens = 1e-6 * sequences * length;
            train.Add(vocabulary, all / tokens, head / tokens, (all - head) / tokens);

            using DecodingRun run = new(policy, decoded, 32, decoded);
            run.Step(steps);
            double layers = LayerSeconds(decoded, steps);
            double drawn = KernelClock.Fastest(Times, () => run.Step(steps)).Seconds;
            decode.Add(vocabulary, 1e6 * drawn / (decoded * steps), 1e6 * (drawn - layers) / (decoded * steps), 1e6 * layers / (decoded * steps));
        }

        return [train, decode];
    }

    /// <summary>The layers' part of decoding: the same rows with a vocabulary of one vector.</summary>
    private static double LayerSeconds(int rows, int steps)
    {
        using var policy = TransformerPolicy.Create(ModelShape.Tiny with { VocabularySize = 32 }, 1);
        using DecodingRun run = new(policy, rows, 32, rows);
        run.Step(steps);
        return KernelClock.Fastest(Times, () => run.Step(steps)).Seconds;
    }

    /// <summary>A prompt of 1,024 tokens and 32 more for each completion: drawn, and trained on, in ever larger groups.</summary>
    private static GrowthTable[] Group()
    {
        const int prompt = 1024, length = 32;
        GrowthTable draw = new(
            "draw-by-group", "Drawing 32 tokens each behind a prompt of 1,024 (tiny)", "completions", "ms", "prefill", "prefill and draws",
            "a prefill for each completion (expected)");
        GrowthTable train = new(
            "train-by-group", "Training on 32 tokens each behind a prompt of 1,024 (tiny)", "completions", "ms", "forward and backward",
            "without sharing the prompt (expected)");
        using var policy = TransformerPolicy.Create(ModelShape.Tiny, 1);
        WarmUp(policy);
        double first = 0, firstTrained = 0;
        foreach (int size in s_groups)
        {
            (double prefill, double drawn) = Enumerable.Range(0, Times).Select(_ => Draw(policy, size, prompt, length)).MinBy(times => times.Prefill + times.Draws);
            first = size == 1 ? prefill : first;
            draw.Add(size, 1e3 * prefill, 1e3 * (prefill + drawn), 1e3 * ((size * first) + drawn));

            TokenBatch batch = RandomBatch.Group(prompt, size, length, policy.VocabularySize);
            double trained = KernelClock.Fastest(Times, () => policy.Accumulate(batch, RandomBatch.Records(batch), new MeanCrossEntropy())).Seconds;
            firstTrained = size == 1 ? trained : firstTrained;
            train.Add(size, 1e3 * trained, 1e3 * size * firstTrained);
        }

        return [draw, train];
    }

    private static (double Prefill, double Draws) Draw(TransformerPolicy policy, int rows, int prompt, int length)
    {
        long start = Stopwatch.GetTimestamp();
        using DecodingRun run = new(policy, rows, prompt, rows);
        double prefill = Stopwatch.GetElapsedTime(start).TotalSeconds;
        run.Step(length);
        return (prefill, Stopwatch.GetElapsedTime(start).TotalSeconds - prefill);
    }

    private static void AddShares(GrowthTable table, int size, int tokens, (double Seconds, KernelClock Kernels) measured)
    {
        double all = 1e6 * measured.Seconds / tokens, attention = 1e6 * measured.Kernels.Attention / tokens;
        table.Add(size, all, attention, all - attention);
    }

    private static void Train(TransformerPolicy policy, TokenBatch batch)
    {
        _ = policy.Accumulate(batch, RandomBatch.Records(batch), new MeanCrossEntropy());
        _ = policy.Step(s_step);
    }

    // Until the code is compiled for speed and the clocks are up.
    private static void WarmUp(TransformerPolicy policy)
    {
        TokenBatch batch = RandomBatch.Sequences(4, 128, policy.VocabularySize);
        for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start).TotalSeconds < 1;)
        {
            Train(policy, batch);
            using DecodingRun run = new(policy, 16, 16, 4);
            run.Step(4);
        }
    }
}
