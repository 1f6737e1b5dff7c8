using System.Text.Json;

namespace RlmEngine.Grading.Programs;

/// <summary>Reads what the supervisor says of a run.</summary>
internal static class ProgramAnswer
{
    private const int Killed = -9, CpuTimeSignal = -24, FileSizeSignal = -25;

    /// <summary>Time beyond the program's own that starting and ending a sandbox may take on a busy machine.</summary>
    private static readonly TimeSpan s_slack = TimeSpan.FromSeconds(20);

    /// <summary>Waits for the next answer.</summary>
    public static ProgramResult Receive(SandboxSession session, ProgramLimits limits)
    {
        // JSON writes a byte of output in at most six characters; the rest is for the errors' end and the figures.
        string? line = session.Receive(limits.WallTime + s_slack, 6L * limits.OutputBytes + (1 << 16));
        if (line is not null)
            return Parse(line, limits);
        session.Dispose();
        return new ProgramResult(session.Stopped ?? ProgramOutcome.Sandbox, null, "", session.Complaint, TimeSpan.Zero, TimeSpan.Zero);
    }

    /// <summary>Waits for the judge's word on each test: why it failed, or an empty text.</summary>
    public static IReadOnlyList<string> ReceiveReasons(SandboxSession session, int tests, TimeSpan patience)
    {
        string? line = session.Receive(patience + s_slack, 64L << 20);
        if (line is null)
        {
            session.Dispose();
            string reason = new ProgramResult(session.Stopped ?? ProgramOutcome.Sandbox, null, "", session.Complaint, TimeSpan.Zero, TimeSpan.Zero).Reason;
            return [.. Enumerable.Repeat(reason, tests)];
        }

        using var answer = JsonDocument.Parse(line);
        string[] reasons = [.. answer.RootElement.GetProperty("reasons").EnumerateArray().Select(reason => ErrorText.Shorten(reason.GetString()!))];
        return reasons.Length == tests ? reasons : throw new InvalidOperationException($"{reasons.Length} answers to {tests} tests");
    }

    private static ProgramResult Parse(string line, ProgramLimits limits)
    {
        using var answer = JsonDocument.Parse(line);
        JsonElement root = answer.RootElement;
        JsonElement code = root.GetProperty("code");
        int? exitCode = code.ValueKind == JsonValueKind.Null ? null : code.GetInt32();
        string error = root.GetProperty("error").GetString()!;
        TimeSpan cpu = TimeSpan.FromSeconds(root.GetProperty("cpuSeconds").GetDouble());
        ProgramOutcome outcome = root.GetProperty("end").GetString() switch
        {
            "wall" => ProgramOutcome.WallTime,
            "output" => ProgramOutcome.Output,
            "folder" => ProgramOutcome.Files,
            _ => OutcomeOf(exitCode ?? 0, error, cpu >= limits.CpuTime),
        };
        TimeSpan wall = TimeSpan.FromSeconds(root.GetProperty("seconds").GetDouble());
        return new ProgramResult(outcome, exitCode, root.GetProperty("output").GetString()!, error, wall, cpu);
    }

    /// <summary>Which limit made a program fail, as far as its exit and its own last words say; they are the program's, so this is a label only.</summary>
    private static ProgramOutcome OutcomeOf(int exitCode, string error, bool usedItsTime) => exitCode switch
    {
        0 => ProgramOutcome.Finished,
        CpuTimeSignal => ProgramOutcome.CpuTime,
        Killed when usedItsTime => ProgramOutcome.CpuTime,
        FileSizeSignal => ProgramOutcome.Files,
        _ => LabelOf(ErrorText.LastLine(error)),
    };

    private static ProgramOutcome LabelOf(string lastLine)
    {
        if (Says(lastLine, "MemoryError", "Cannot allocate memory"))
            return ProgramOutcome.Memory;
        if (Says(lastLine, "Resource temporarily unavailable", "can't start new thread"))
            return ProgramOutcome.Processes;
        return Says(lastLine, "File too large", "No space left on device") ? ProgramOutcome.Files : ProgramOutcome.Failed;
    }

    private static bool Says(string line, params ReadOnlySpan<string> words)
    {
        foreach (string word in words)
        {
            if (line.Contains(word, StringComparison.Ordinal))
                return true;
        }

        return false;
    }
}
