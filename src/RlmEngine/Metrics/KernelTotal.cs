using RlmEngine.Kernels;
using RlmEngine.Kernels.Tracing;

namespace RlmEngine.Metrics;

/// <summary>All calls of one kernel in one phase together.</summary>
/// <param name="Phase">The phase, as in "rollout"; empty outside all of them.</param>
/// <param name="Kind">The kernel.</param>
/// <param name="Calls">Calls.</param>
/// <param name="Seconds">Their time, that of kernels they called included; of calls beside each other each has its share.</param>
/// <param name="OwnSeconds">Their time without that; these add up over kernels.</param>
/// <param name="Cost">Operations and bytes of all calls.</param>
/// <param name="FlopSeconds">Least time the machine allows those calls that multiply-adds bind.</param>
/// <param name="ByteSeconds">Least time the machine allows those calls that reading binds.</param>
public sealed record KernelTotal(
    string Phase, KernelKind Kind, long Calls, double Seconds, double OwnSeconds, KernelCost Cost, double FlopSeconds, double ByteSeconds)
{
    /// <summary>True when multiply-adds bind more of the time than reading does.</summary>
    public bool IsBoundByFlops => FlopSeconds > ByteSeconds;

    /// <summary>Operations, or bytes where reading binds, per second.</summary>
    public double Rate => (IsBoundByFlops ? Cost.Flops : Cost.Bytes) / Seconds;

    /// <summary>Least time over time: 1 is the machine's limit.</summary>
    public double Fraction => (FlopSeconds + ByteSeconds) / Seconds;

    /// <summary>With one more call.</summary>
    public KernelTotal With(in KernelCall call, KernelCost cost, MachineLimits limits)
    {
        double least = cost.LeastSeconds(limits);
        bool isBoundByFlops = cost.IsBoundByFlops(limits);
        return this with
        {
            Calls = Calls + 1,
            Seconds = Seconds + (TraceClock.Seconds(call.End - call.Start) * call.Share),
            OwnSeconds = OwnSeconds + (TraceClock.Seconds(call.End - call.Start - call.InnerTicks) * call.Share),
            Cost = new KernelCost(Cost.Flops + cost.Flops, Cost.Bytes + cost.Bytes),
            FlopSeconds = FlopSeconds + (isBoundByFlops ? least : 0),
            ByteSeconds = ByteSeconds + (isBoundByFlops ? 0 : least),
        };
    }
}
