using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using RlmEngine.Kernels;
using RlmEngine.Kernels.Tracing;

namespace RlmEngine.Metrics;

/// <summary>Writes every span of the engine's activity source and every kernel call to a Chrome trace, and adds the calls up.</summary>
/// <remarks>Memory is bounded, and no result changes. Spans and calls of the whole process are recorded, whoever made them.</remarks>
public sealed class RunTrace : IKernelListener, IDisposable
{
    private const string KernelCategory = "kernel";
    private readonly Lock _gate = new();
    private readonly TraceFile _file;
    private readonly TraceSteps _steps;
    private readonly ActivityListener _listener;
    private readonly Dictionary<Activity, long> _open = [];
    private readonly Dictionary<(string Phase, KernelKind Kind), KernelTotal> _totals = [];
    private readonly long _origin;
    private long _end;
    private bool _isShown;
    private string _phase = "";

    /// <summary>Starts a trace.</summary>
    /// <param name="path">The file, replaced when it is there.</param>
    /// <param name="command">What runs, the viewer's name of the process.</param>
    /// <param name="steps">The steps whose kernel calls are written; all are added up.</param>
    /// <param name="limits">The machine's limits, which the fractions are of.</param>
    /// <exception cref="UserInputException">The file cannot be created.</exception>
    public RunTrace(string path, string command, TraceSteps steps, Func<MachineLimits> limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(steps);
        (Path, _steps, _isShown) = (path, steps, steps.OutsideSteps);
        _file = new TraceFile(path);
        Limits = limits();
        _origin = Stopwatch.GetTimestamp();
        _file.Name("process_name", command);
        _file.Name("thread_name", "engine");
        _file.Instant("machine limits", 0, WriteLimits);
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Telemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStarted = Started,
            ActivityStopped = Stopped,
        };
        ActivitySource.AddActivityListener(_listener);
        KernelTrace.Attach(this);
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The machine's limits.</summary>
    public MachineLimits Limits { get; }

    /// <summary>Kernel calls written to the file.</summary>
    public long CallsWritten { get; private set; }

    /// <summary>What kept the last events from being written; null when they all were.</summary>
    public string? Failure => _file.Failure;

    /// <summary>Seconds from start to close, or until now.</summary>
    public double Seconds => TraceClock.Seconds((_end == 0 ? Stopwatch.GetTimestamp() : _end) - _origin);

    /// <summary>Every kernel in every phase, that with most time first.</summary>
    public IReadOnlyList<KernelTotal> Totals
    {
        get
        {
            lock (_gate)
                return [.. _totals.Values.OrderByDescending(total => total.Seconds)];
        }
    }

    /// <inheritdoc/>
    public void Ended(in KernelCall call)
    {
        KernelCost cost = call.Cost;
        Activity? activity = Activity.Current;
        lock (_gate)
        {
            if (_end != 0 || call.Start < _origin)
                return;
            // A worker's thread has no activity: it works for the one that runs.
            string phase = call.Share < 1 ? _phase : PhaseOf(activity);
            KernelTotal total = _totals.GetValueOrDefault((phase, call.Kind)) ?? new KernelTotal(phase, call.Kind, 0, 0, 0, default, 0, 0);
            _totals[(phase, call.Kind)] = total.With(call, cost, Limits);
            if (_isShown && CallsWritten < _steps.MaxCalls)
                Write(call, cost);
        }
    }

    /// <summary>Ends the trace and closes the file.</summary>
    public void Dispose()
    {
        KernelTrace.Detach(this);
        _listener.Dispose();
        lock (_gate)
        {
            if (_end != 0)
                return;
            _end = Stopwatch.GetTimestamp();
            _file.Instant("end", _end - _origin, json => json.WriteNumber("kernelCallsWritten"u8, CallsWritten), isLast: true);
            _file.Dispose();
        }
    }

    private void Started(Activity activity)
    {
        lock (_gate)
        {
            if (activity.OperationName == Telemetry.StepActivity)
                _isShown = _steps.Includes(Number(activity, Telemetry.StepTag), Number(activity, Telemetry.StageStepTag));
            _phase = PhaseOf(activity);
            _open[activity] = Stopwatch.GetTimestamp();
        }
    }

    private void Stopped(Activity activity)
    {
        long end = Stopwatch.GetTimestamp();
        lock (_gate)
        {
            if (!_open.Remove(activity, out long start) || _end != 0)
                return;
            _phase = PhaseOf(activity.Parent);
            _file.Complete(NameOf(activity), "phase", start - _origin, end - _origin, json => WriteTags(activity, json));
            if (activity.OperationName != Telemetry.StepActivity)
                return;
            _isShown = _steps.OutsideSteps;
            _file.Flush();
        }
    }

    private void Write(in KernelCall call, KernelCost cost)
    {
        KernelCall ended = call;
        _file.Complete(KernelName.Of(call.Kind), KernelCategory, call.Start - _origin, call.End - _origin, json => WriteCall(json, ended, cost));
        if (++CallsWritten == _steps.MaxCalls)
            _file.Instant($"kernel calls after the first {CallsWritten:N0} are left out", call.End - _origin, _ => { });
    }

    private void WriteCall(Utf8JsonWriter json, in KernelCall call, KernelCost cost)
    {
        foreach ((string name, long size) in KernelName.Sizes(call.Kind, call.Shape))
            json.WriteNumber(name, size);
        if (call.Shape.Accumulates)
            json.WriteBoolean("accumulates"u8, true);
        double seconds = TraceClock.Seconds(Math.Max(1, call.End - call.Start));
        if (call.Share < 1)
            json.WriteNumber("share"u8, call.Share);
        json.WriteNumber("flops"u8, cost.Flops);
        json.WriteNumber("bytes"u8, cost.Bytes);
        json.WriteNumber("GFLOP/s"u8, Rounded(cost.Flops / seconds / 1e9));
        json.WriteNumber("GB/s"u8, Rounded(cost.Bytes / seconds / 1e9));
        json.WriteString("limit"u8, cost.IsBoundByFlops(Limits) ? "multiply-adds"u8 : "reading"u8);
        json.WriteNumber("fraction"u8, Rounded(cost.LeastSeconds(Limits) / (seconds * call.Share)));
    }

    private void WriteLimits(Utf8JsonWriter json)
    {
        json.WriteNumber("flopsOneCore"u8, Limits.FlopsOneCore);
        json.WriteNumber("flopsAllCores"u8, Limits.FlopsAllCores);
        json.WriteNumber("readBytesOneCore"u8, Limits.ReadBytesOneCore);
        json.WriteNumber("readBytesAllCores"u8, Limits.ReadBytesAllCores);
    }

    private static void WriteTags(Activity activity, Utf8JsonWriter json)
    {
        foreach ((string key, object? value) in activity.TagObjects)
        {
            if (value is double number && double.IsFinite(number))
                json.WriteNumber(key, number);
            else if (value is int or long)
                json.WriteNumber(key, Convert.ToInt64(value, CultureInfo.InvariantCulture));
            else
                json.WriteString(key, value?.ToString());
        }
    }

    private static string PhaseOf(Activity? activity) =>
        activity is not null && activity.Source.Name == Telemetry.Name ? Telemetry.ShortName(activity.OperationName) : "";

    private static string NameOf(Activity activity) => activity.OperationName switch
    {
        Telemetry.StepActivity => $"step {activity.GetTagItem(Telemetry.StepTag)}",
        Telemetry.StageActivity => $"stage {activity.GetTagItem(Telemetry.StageTag)}",
        string name => Telemetry.ShortName(name),
    };

    private static long Number(Activity activity, string tag) => activity.GetTagItem(tag) is { } value ? Convert.ToInt64(value, CultureInfo.InvariantCulture) : 0;

    private static double Rounded(double value) => Math.Round(value, 4);
}
