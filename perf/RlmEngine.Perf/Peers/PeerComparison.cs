using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using RlmEngine.Kernels;
using RlmEngine.Kernels.Dense;
using RlmEngine.Transformer;

namespace RlmEngine.Perf.Peers;

/// <summary>`peers`: our work and PyTorch's in turns, beside the machine's limits measured in between; one line of JSON last.</summary>
public static class PeerComparison
{
    private const int Pairs = 5;
    private static readonly string s_threads = Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture);
    private static MachineLimits s_limits = new(0, 0, 0, 0);
    private static readonly SortedDictionary<string, double> s_results = new(StringComparer.Ordinal);

    /// <summary>Measures everything; needs python3 with PyTorch.</summary>
    /// <param name="args">--python PROGRAM, --peers FOLDER (perf/peers unless given).</param>
    /// <returns>The exit code: 2 when the peer is not there.</returns>
    public static int Run(string[] args)
    {
        string python = Value(args, "--python", "python3"), folder = Path.GetFullPath(Value(args, "--peers", Path.Combine("perf", "peers")));
        if (!File.Exists(Path.Combine(folder, "rows.py")))
        {
            Console.Error.WriteLine($"{folder}: no rows.py there; run from the repository's root or give --peers FOLDER");
            return 2;
        }

        MachineLimits limits = s_limits = MachineLimits.Measure();
        Console.WriteLine($"{limits.FlopsOneCore / 1e9:F0} and {limits.FlopsAllCores / 1e9:F0} GFLOP/s, {limits.ReadBytesOneCore / 1e9:F1} and {limits.ReadBytesAllCores / 1e9:F1} GB/s on one core and on all");
        Products();
        try
        {
            Rows(python, folder);
            Steps(python, folder);
        }
        catch (Exception exception) when (exception is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            Console.Error.WriteLine($"the peer does not run ({exception.Message}); python3 with PyTorch is needed, or --python PROGRAM");
            return 2;
        }

        Console.WriteLine(JsonSerializer.Serialize(s_results));
        return 0;
    }

    private static void Products()
    {
        Fraction("gemm1Fraction", 1, 1024, 1024, 1024);
        Fraction("gemmAllFraction", Environment.ProcessorCount, 1024, 1024, 1024);
        foreach (int rows in (int[])[8, 64, 256])
            Fraction($"gemm{rows}Fraction", Environment.ProcessorCount, rows, 3072, 1024);
    }

    // The limit that binds: the multiply-adds, or reading the weights once. Limit and product in turns, so that a slower moment hits both.
    private static void Fraction(string name, int threads, int rows, int outputs, int inputs)
    {
        WorkPool.Threads = threads;
        float[] x = PerfShape.Numbers(rows * inputs, 1), y = new float[rows * outputs];
        using var w = new PackedMatrix(outputs, inputs);
        w.Pack(PerfShape.Numbers(outputs * inputs, 2));
        var fractions = new double[Pairs];
        for (int pair = 0; pair < Pairs; pair++)
        {
            MachineLimits limits = MachineLimits.Measure();
            double seconds = Best(() => Gemm.Forward(x, rows, w, y));
            double bound = Math.Max(
                2.0 * rows * outputs * inputs / limits.FlopsAllCores, sizeof(float) * (double)outputs * inputs / limits.ReadBytesAllCores);
            fractions[pair] = bound / seconds;
        }

        Report(name, Median(fractions), $"{rows} x {inputs} by {outputs} x {inputs}, {threads} threads");
        WorkPool.Threads = Environment.ProcessorCount;
    }

    private static void Rows(string python, string folder)
    {
        string[] shape = ["--rows", $"{RowWorkload.Rows}", "--vocabulary", $"{RowWorkload.Vocabulary}", "--threads", s_threads];
        double seconds = Compare("logProbEntropyVsPeer", WorkloadProcess.Ours("logProb", "--threads", s_threads), Peer("logProb")).Seconds;
        double[] rates = [s_limits.ReadBytesAllCores, .. Enumerable.Range(0, 3).Select(_ => MachineLimits.Measure().ReadBytesAllCores)];
        double exponentials = Seconds(WorkloadProcess.Ours("exponentials", "--threads", s_threads));
        Report("logProbEntropyBandwidthFraction", RowWorkload.Bytes / seconds / rates.Max(), "of reading memory, all cores");
        Report("logProbEntropyExpFraction", exponentials / seconds, $"of {1e3 * exponentials:F2} ms: the exponentials alone, of logits in the first cache");
        double gradient = Seconds(WorkloadProcess.Ours("gradient", "--threads", s_threads));
        Report(
            "logProbGradientBandwidthFraction", 2 * RowWorkload.Bytes / gradient / rates.Max(),
            $"{1e3 * gradient:F2} ms, read and written in place, of reading memory");
        Compare("sampleVsPeer", WorkloadProcess.Ours("sample", "--threads", s_threads), Peer("sample"));
        Compare("topKTopPVsPeer", WorkloadProcess.Ours("topKTopP", "--threads", s_threads), Peer("topKTopP"));

        WorkloadProcess Peer(string work) => WorkloadProcess.Peer(python, folder, "rows.py", ["--work", work, .. shape]);
    }

    private static void Steps(string python, string folder)
    {
        string[] train = ["--batch", "32", "--length", "256", "--threads", s_threads];
        string[] decode = ["--batch", "256", "--prompt", "64", "--length", "64", "--threads", s_threads];
        string[] shape = Sizes(ModelShape.Tiny);
        (double seconds, double flops, double memory) = Compare(
            "trainVsPeer", WorkloadProcess.Ours("train", train), WorkloadProcess.Peer(python, folder, "train.py", [.. train, .. shape]));
        Report("trainFraction", flops / seconds / Peak(), $"{32 * 256 / seconds:N0} tokens/s");
        Report("trainMemoryVsPeer", memory, "our peak memory as a share of the peer's");
        (seconds, flops, _) = Compare(
            "decodeVsPeer", WorkloadProcess.Ours("decode", decode), WorkloadProcess.Peer(python, folder, "decode.py", [.. decode, .. shape]));
        Report("decodeFraction", flops / seconds / Peak(), $"{256 * 64 / seconds:N0} tokens/s");
    }

    // A peak that was measured in a slower moment is none.
    private static double Peak() => Math.Max(s_limits.FlopsAllCores, MachineLimits.Measure().FlopsAllCores);

    private static (double Seconds, double Flops, double Memory) Compare(string name, WorkloadProcess ours, WorkloadProcess peer)
    {
        using (ours)
        using (peer)
        {
            double[] ourSeconds = new double[Pairs], peerSeconds = new double[Pairs];
            for (int pair = 0; pair < Pairs; pair++)
            {
                ourSeconds[pair] = Alone(ours);
                peerSeconds[pair] = Alone(peer);
            }

            double seconds = Median(ourSeconds), theirs = Median(peerSeconds);
            Report(name, theirs / seconds, $"{1e3 * seconds:F2} ms, {peer.Description}: {1e3 * theirs:F2} ms");
            if (peer.ProductFlops < 0.2 * s_limits.FlopsAllCores)
                Console.WriteLine($"  the peer's matrix product reaches only {peer.ProductFlops / 1e9:F0} GFLOP/s; give it a fast BLAS (Debian: libopenblas0-pthread) for a fair comparison");
            return (seconds, ours.Flops, ours.PeakBytes / peer.PeakBytes);
        }
    }

    private static double Seconds(WorkloadProcess ours)
    {
        using (ours)
            return Median([.. Enumerable.Range(0, Pairs).Select(_ => Alone(ours))]);
    }

    // The other side's threads spin for some milliseconds after their work, on the same cores.
    private static double Alone(WorkloadProcess process)
    {
        Thread.Sleep(200);
        return process.Run();
    }

    private static string[] Sizes(ModelConfig shape) =>
    [
        "--hidden", $"{shape.HiddenSize}", "--layers", $"{shape.Layers}", "--heads", $"{shape.Heads}", "--keyValueHeads", $"{shape.KeyValueHeads}",
        "--headSize", $"{shape.HeadSize}", "--intermediate", $"{shape.IntermediateSize}", "--vocabulary", $"{shape.VocabularySize}",
    ];

    private static void Report(string name, double value, string note)
    {
        s_results[name] = Math.Round(value, 4);
        Console.WriteLine($"{name,-34} {value,8:F3}   {note}");
    }

    private static double Best(Action work)
    {
        double best = double.MaxValue;
        for (int call = 0; call < 40; call++)
        {
            long start = Stopwatch.GetTimestamp();
            work();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }

    private static double Median(double[] values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    private static string Value(string[] args, string name, string absent)
    {
        int at = Array.IndexOf(args, name);
        return at >= 0 && at + 1 < args.Length ? args[at + 1] : absent;
    }
}
