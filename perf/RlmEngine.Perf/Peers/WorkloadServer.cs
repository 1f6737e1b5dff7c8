using System.Diagnostics;
using System.Text.Json;
using RlmEngine.Kernels.Dense;
using RlmEngine.Transformer;

namespace RlmEngine.Perf.Peers;

/// <summary>The engine's side of a comparison, in a process of its own: the protocol of perf/peers/common.py.</summary>
public static class WorkloadServer
{
    private const double TurnSeconds = 0.05;

    /// <summary>Answers each line "run" of standard input by the seconds that a run took and the process's peak memory.</summary>
    /// <param name="args">Name of the work, then --name value pairs.</param>
    /// <returns>The exit code.</returns>
    public static int Serve(string[] args)
    {
        Dictionary<string, string> options = args[1..].Chunk(2).ToDictionary(pair => pair[0], pair => pair[1]);
        int Number(string name) => int.Parse(options[name], System.Globalization.CultureInfo.InvariantCulture);
        WorkPool.Threads = Number("--threads");
        ModelConfig shape = ModelShape.Of(options.GetValueOrDefault("--shape", "tiny"));
        using IWorkload work = args[0] switch
        {
            "train" => new TrainWorkload(shape, Number("--batch"), Number("--length")),
            "decode" => new DecodeWorkload(shape, Number("--batch"), Number("--prompt"), Number("--length")),
            _ => new RowWorkload(args[0]),
        };
        // Until the compiler has seen enough of the kernels to compile them for speed.
        long began = Stopwatch.GetTimestamp(), last = began;
        for (int warmup = 0; warmup < 3 || Stopwatch.GetElapsedTime(began).TotalSeconds < 1; warmup++)
        {
            last = Stopwatch.GetTimestamp();
            work.Run();
        }

        // A turn is long enough that a thread's waking up, which takes part of a millisecond, is not what it measures.
        int runs = Math.Max(1, (int)(TurnSeconds / Stopwatch.GetElapsedTime(last).TotalSeconds));
        Answer(new { ready = $"RlmEngine, {WorkPool.Threads} threads", flops = work.Flops });
        while (Console.ReadLine() == "run")
        {
            long start = Stopwatch.GetTimestamp();
            for (int run = 0; run < runs; run++) work.Run();
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds / runs;
            using var process = Process.GetCurrentProcess();
            Answer(new { seconds, peakBytes = process.PeakWorkingSet64 });
        }

        return 0;
    }

    private static void Answer<T>(T answer)
    {
        Console.WriteLine(JsonSerializer.Serialize(answer));
        Console.Out.Flush();
    }
}
