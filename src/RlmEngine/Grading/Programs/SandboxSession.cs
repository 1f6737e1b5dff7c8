using System.Diagnostics;
using System.Text;

namespace RlmEngine.Grading.Programs;

/// <summary>One sandbox while it lives: lines to its supervisor and lines back, ended as a whole when it takes too long or too much.</summary>
internal sealed class SandboxSession : IDisposable
{
    private static readonly TimeSpan s_watchInterval = TimeSpan.FromMilliseconds(50);
    private readonly Process _process;
    private readonly Stream _output;
    private readonly Task<string> _error;
    private readonly Timer _watch;
    private readonly Lock _gate = new();
    private readonly byte[] _buffer = new byte[65536];
    private readonly long _memoryBytes;
    private long _deadline = long.MaxValue;
    private int _start;
    private int _end;
    private bool _ended;

    /// <summary>Starts a sandbox.</summary>
    /// <param name="start">From <see cref="Sandbox.Start"/>.</param>
    /// <param name="memoryBytes">Resident memory of everything inside, beyond which it is ended.</param>
    public SandboxSession(ProcessStartInfo start, long memoryBytes)
    {
        _memoryBytes = memoryBytes;
        _process = Process.Start(start)!;
        _output = _process.StandardOutput.BaseStream;
        _error = _process.StandardError.ReadToEndAsync();
        _watch = new Timer(_ => Watch(), null, s_watchInterval, s_watchInterval);
    }

    /// <summary>Why it was ended before its time, if it was.</summary>
    public ProgramOutcome? Stopped { get; private set; }

    /// <summary>What the sandbox itself complained of; to be read after its end.</summary>
    public string Complaint => _error.Wait(TimeSpan.FromSeconds(2)) ? _error.Result : "";

    /// <summary>Sends one line.</summary>
    public void Send(string line)
    {
        try
        {
            _process.StandardInput.BaseStream.Write(Encoding.UTF8.GetBytes(line + "\n"));
            _process.StandardInput.BaseStream.Flush();
        }
        catch (IOException)
        {
            // It has ended; the next Receive says so.
        }
    }

    /// <summary>The next line, or null where the sandbox ended first.</summary>
    /// <param name="patience">How long to wait; then the sandbox is ended.</param>
    /// <param name="maxBytes">A line beyond it ends the sandbox.</param>
    public string? Receive(TimeSpan patience, long maxBytes)
    {
        Volatile.Write(ref _deadline, Stopwatch.GetTimestamp() + (long)(patience.TotalSeconds * Stopwatch.Frequency));
        using var line = new MemoryStream();
        while (line.Length <= maxBytes)
        {
            int newLine = Array.IndexOf(_buffer, (byte)'\n', _start, _end - _start);
            line.Write(_buffer, _start, (newLine < 0 ? _end : newLine) - _start);
            if (newLine >= 0)
            {
                _start = newLine + 1;
                Volatile.Write(ref _deadline, long.MaxValue);
                return Encoding.UTF8.GetString(line.GetBuffer(), 0, (int)line.Length);
            }

            _start = 0;
            _end = _output.Read(_buffer);
            if (_end == 0)
                return null;
        }

        Stop(ProgramOutcome.Output);
        return null;
    }

    /// <summary>Ends everything inside.</summary>
    /// <param name="reason">Why.</param>
    public void Stop(ProgramOutcome reason)
    {
        lock (_gate)
        {
            if (_ended)
                return;
            Stopped ??= reason;
            End();
        }
    }

    /// <summary>Ends everything inside and waits until nothing of it is left.</summary>
    public void Dispose()
    {
        _watch.Dispose();
        lock (_gate)
        {
            if (_ended)
                return;
            _ended = true;
            End();
        }

        if (!_process.WaitForExit(TimeSpan.FromSeconds(5)))
            _process.Kill();
        _process.WaitForExit();
        _ = Complaint;
        _process.Dispose();
    }

    private void Watch()
    {
        lock (_gate)
        {
            if (_ended || Stopped is not null)
                return;
            if (Stopwatch.GetTimestamp() > Volatile.Read(ref _deadline))
                Stopped = ProgramOutcome.WallTime;
            else if (ProcessTree.ResidentBytes(_process.Id) > _memoryBytes)
                Stopped = ProgramOutcome.Memory;
            else
                return;
            End();
        }
    }

    // The sandbox's process 1 is the launcher's child: with it the kernel ends everything inside, and the launcher returns once that is done.
    private void End()
    {
        if (ProcessTree.Children(_process.Id).Count > 0)
            ProcessTree.KillChildren(_process.Id);
        else if (!_process.HasExited)
            _process.Kill();
    }
}
