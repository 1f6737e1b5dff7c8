using System.Diagnostics;
using System.Globalization;
using RlmEngine.Policies;
using RlmEngine.Tokenization;
using RlmEngine.Transformer;
using RlmEngine.Transformer.Planning;

namespace RlmEngine.Perf.Growth;

/// <summary>Peak resident memory against context, each in a process of its own, beside what the plan says.</summary>
internal static class MemoryGrowth
{
    private const double MiB = 1 << 20;
    private const int Rows = 4;

    /// <summary>One sequence trained on, with and without kept activations; and 4 rows decoded to the end of their contexts.</summary>
    public static GrowthTable[] Measure(int[] contexts)
    {
        GrowthTable table = new(
            "memory-by-context", "Peak memory by context (tiny)", "context, tokens", "MiB", "training on one sequence", "by the plan (expected)",
            "the same, layers recomputed", "by the plan, recomputed (expected)", "decoding 4 rows");
        // What a process has before the engine allocates anything of the model's size.
        double runtime = Peak("nothing", 0);
        foreach (int context in contexts)
        {
            double Plan(MemoryNeed need) => runtime + (need.Total / MiB);
            table.Add(
                context,
                Peak("train", context), Plan(MemoryPlan.Train(Config(context, Recomputation.None), context)),
                Peak("recompute", context), Plan(MemoryPlan.Train(Config(context, Recomputation.Layers), context)),
                Peak("decode", context));
        }

        return [table];
    }

    /// <summary>Does one such work and prints the process's peak in bytes.</summary>
    public static int PrintPeak(string work, int context)
    {
        if (work != "nothing")
            Do(work, context);
        using var process = Process.GetCurrentProcess();
        Console.WriteLine(process.PeakWorkingSet64);
        return 0;
    }

    private static void Do(string work, int context)
    {
        using var policy = TransformerPolicy.Create(Config(context, work == "recompute" ? Recomputation.Layers : Recomputation.None), 1);
        if (work == "decode")
        {
            using DecodingRun run = new(policy, Rows, context - 8, 1);
            run.Step(8);
            return;
        }

        TokenBatch batch = RandomBatch.Sequences(1, context, policy.VocabularySize);
        _ = policy.Accumulate(batch, RandomBatch.Records(batch), new MeanCrossEntropy());
        _ = policy.Step(new OptimizerStep(1e-5, 0.9, 0.95, 1e-8, 0.01, 1));
    }

    private static ModelConfig Config(int context, Recomputation recompute) => ModelShape.Tiny with { ContextLength = context, Recompute = recompute };

    private static double Peak(string work, int context)
    {
        string host = Environment.ProcessPath!, size = context.ToString(CultureInfo.InvariantCulture);
        string[] first = Path.GetFileNameWithoutExtension(host) == "dotnet" ? [typeof(MemoryGrowth).Assembly.Location] : [];
        using Process process = Process.Start(new ProcessStartInfo(host, [.. first, "growth", "peak", work, size]) { RedirectStandardOutput = true })!;
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? long.Parse(text.Trim(), CultureInfo.InvariantCulture) / MiB
            : throw new InvalidOperationException($"growth peak {work} {context} ended with exit code {process.ExitCode}");
    }
}
