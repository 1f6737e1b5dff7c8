using System.Diagnostics;
using System.Text.Json;

namespace RlmEngine.Perf.Peers;

/// <summary>A running workload, ours or the peer's, that does its work once a call.</summary>
public sealed class WorkloadProcess : IDisposable
{
    private readonly Process _process;

    private WorkloadProcess(Process process)
    {
        _process = process;
        JsonElement ready = Read();
        Description = ready.GetProperty("ready").GetString() ?? "";
        ProductFlops = ready.TryGetProperty("productFlops", out JsonElement product) ? product.GetDouble() : double.PositiveInfinity;
        Flops = ready.TryGetProperty("flops", out JsonElement flops) ? flops.GetDouble() : 0;
    }

    /// <summary>What runs, with its threads.</summary>
    public string Description { get; }

    /// <summary>Operations a second of the peer's own matrix product; infinite where the workload does not say.</summary>
    public double ProductFlops { get; }

    /// <summary>The model's operations in one run; 0 when the workload does not say.</summary>
    public double Flops { get; }

    /// <summary>Peak resident memory of the process after its last run, in bytes.</summary>
    public double PeakBytes { get; private set; }

    /// <summary>Starts this program's own workload.</summary>
    public static WorkloadProcess Ours(string work, params string[] options)
    {
        string host = Environment.ProcessPath!;
        bool isHost = Path.GetFileNameWithoutExtension(host) == "dotnet";
        string[] first = isHost ? [typeof(WorkloadProcess).Assembly.Location, "work", work] : ["work", work];
        return Start(host, null, [.. first, .. options]);
    }

    /// <summary>Starts a script of perf/peers.</summary>
    /// <exception cref="InvalidOperationException">Python or PyTorch is not there.</exception>
    public static WorkloadProcess Peer(string python, string folder, string script, params string[] options) =>
        Start(python, folder, [script, .. options]);

    /// <summary>Does the work once.</summary>
    /// <returns>The seconds it took, measured inside the process.</returns>
    public double Run()
    {
        _process.StandardInput.WriteLine("run");
        _process.StandardInput.Flush();
        JsonElement answer = Read();
        PeakBytes = answer.GetProperty("peakBytes").GetDouble();
        return answer.GetProperty("seconds").GetDouble();
    }

    /// <summary>Ends the process.</summary>
    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(5000)) _process.Kill();
        _process.Dispose();
    }

    private static WorkloadProcess Start(string program, string? folder, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true };
        if (folder is not null) start.WorkingDirectory = folder;
        return new WorkloadProcess(Process.Start(start) ?? throw new InvalidOperationException($"{program} does not start"));
    }

    private JsonElement Read()
    {
        string line = _process.StandardOutput.ReadLine()
            ?? throw new InvalidOperationException($"{_process.StartInfo.FileName} {string.Join(' ', _process.StartInfo.ArgumentList)} ended; its message stands above");
        return JsonSerializer.Deserialize<JsonElement>(line);
    }
}
