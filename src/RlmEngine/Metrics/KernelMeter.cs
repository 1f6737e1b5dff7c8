using System.Diagnostics.Metrics;
using RlmEngine.Kernels.Tracing;

namespace RlmEngine.Metrics;

/// <summary>Counts calls, time, operations and bytes of kernels, by the tag "kernel"; listens only while somebody listens to it.</summary>
internal sealed class KernelMeter(Meter meter) : IKernelListener
{
    private readonly Counter<long> _calls = meter.CreateCounter<long>("rlm.kernel.calls", "{call}", "Kernel calls, by the tag \"kernel\".");
    private readonly Counter<double> _seconds =
        meter.CreateCounter<double>("rlm.kernel.time", "s", "Time in kernels without that of kernels they call, by the tag \"kernel\".");
    private readonly Counter<double> _flops =
        meter.CreateCounter<double>("rlm.kernel.operations", "{operation}", "Floating-point operations of products, by the tag \"kernel\".");
    private readonly Counter<double> _bytes = meter.CreateCounter<double>("rlm.kernel.io", "By", "Bytes kernels must read and write, by the tag \"kernel\".");

    /// <summary>Begins or ends to listen to the kernels, as somebody listens to the counters or not.</summary>
    public void Follow()
    {
        if (_calls.Enabled || _seconds.Enabled || _flops.Enabled || _bytes.Enabled)
            KernelTrace.Attach(this);
        else
            KernelTrace.Detach(this);
    }

    /// <inheritdoc/>
    public void Ended(in KernelCall call)
    {
        KernelCost cost = call.Cost;
        KeyValuePair<string, object?> kernel = new("kernel", KernelName.Of(call.Kind));
        _calls.Add(1, kernel);
        _seconds.Add(TraceClock.Seconds(call.End - call.Start - call.InnerTicks) * call.Share, kernel);
        // The head's products are kernels of their own, so that its operations would be counted twice.
        if (call.Kind is not (KernelKind.HeadForward or KernelKind.HeadBackward))
            _flops.Add(cost.Flops, kernel);
        _bytes.Add(cost.Bytes, kernel);
    }
}
