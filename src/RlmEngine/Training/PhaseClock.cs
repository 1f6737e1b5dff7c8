using System.Diagnostics;
using RlmEngine.Metrics;

namespace RlmEngine.Training;

/// <summary>Parts of a step.</summary>
public enum Phase
{
    /// <summary>Reading, drawing prompts, rewards: everything else.</summary>
    Other,

    /// <summary>Decoding.</summary>
    Rollout,

    /// <summary>Forward passes of a reference or for rewards.</summary>
    Score,

    /// <summary>Forward, backward, optimizer.</summary>
    Update,
}

/// <summary>Splits a step's wall time by phase, and makes each phase an activity.</summary>
public sealed class PhaseClock
{
    private static readonly string[] s_names = [.. Enum.GetNames<Phase>().Select(name => name.ToLowerInvariant())];
    private readonly double[] _seconds = new double[Enum.GetValues<Phase>().Length];
    private long _since = Stopwatch.GetTimestamp();
    private Phase _phase = Phase.Other;
    private Activity? _activity = Telemetry.Phase(s_names[(int)Phase.Other]);

    /// <summary>Ends the phase that runs and begins another.</summary>
    public void Enter(Phase phase)
    {
        End(phase);
        _activity = Telemetry.Phase(s_names[(int)phase]);
    }

    /// <summary>Ends the phase that runs, and with it the last activity.</summary>
    public void Stop() => End(Phase.Other);

    /// <summary>Seconds spent in a phase so far.</summary>
    public double this[Phase phase] => _seconds[(int)phase];

    /// <summary>Seconds of all phases.</summary>
    public double Total => _seconds.Sum();

    private void End(Phase phase)
    {
        _activity?.Dispose();
        _activity = null;
        long now = Stopwatch.GetTimestamp();
        _seconds[(int)_phase] += Stopwatch.GetElapsedTime(_since, now).TotalSeconds;
        (_since, _phase) = (now, phase);
    }
}
