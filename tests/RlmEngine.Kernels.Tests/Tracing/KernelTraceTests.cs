using RlmEngine.Kernels.Dense;
using RlmEngine.Kernels.Tracing;

namespace RlmEngine.Kernels.Tests.Tracing;

[NonParallelizable]
public class KernelTraceTests
{
    [Test]
    public void Begin_NobodyListens_GivesTheSpanOfNothing()
    {
        Assert.That(KernelTrace.IsOn, Is.False);
        KernelSpan span = KernelTrace.Begin(KernelKind.Rope, 3);
        Assert.That((span.Start, span.Shape), Is.EqualTo((0L, default(KernelShape))));
        span.Dispose();
    }

    [Test]
    public void Attach_Twice_IsToldOnce()
    {
        var heard = new Calls();
        KernelTrace.Attach(heard);
        KernelTrace.Attach(heard);
        KernelTrace.Begin(KernelKind.Rope, 3, 4).Dispose();
        KernelTrace.Detach(heard);
        KernelTrace.Begin(KernelKind.Rope, 5, 6).Dispose();
        Assert.That(heard.All.Select(call => (call.Kind, call.Shape)), Is.EqualTo(new[] { (KernelKind.Rope, new KernelShape(3, 4)) }));
        Assert.That(KernelTrace.IsOn, Is.False);
    }

    [Test]
    public void End_NestedCalls_CountsTheTimeOfDirectChildrenOnly()
    {
        var heard = new Calls();
        KernelTrace.Attach(heard);
        using (KernelTrace.Begin(KernelKind.HeadForward, 1))
        {
            using (KernelTrace.Begin(KernelKind.GemmForward, 2))
            {
                using (KernelTrace.Begin(KernelKind.WeightPacking, 3))
                    Thread.Sleep(2);
            }

            KernelTrace.Begin(KernelKind.LogProbEntropy, 4).Dispose();
        }

        KernelTrace.Detach(heard);
        KernelCall[] calls = [.. heard.All];
        Assert.That(calls.Select(call => call.Shape.Rows), Is.EqualTo(new long[] { 3, 2, 4, 1 }), "in the order they end");
        long[] ticks = [.. calls.Select(call => call.End - call.Start)];
        Assert.That(calls.Select(call => call.InnerTicks), Is.EqualTo(new[] { 0, ticks[0], 0, ticks[1] + ticks[2] }));
        Assert.That(ticks[0], Is.GreaterThan(0));
    }

    [Test]
    public void Forward_OfAProduct_PacksTheWeightBeforeIt()
    {
        var heard = new Calls();
        using var weight = new PackedMatrix(5, 3);
        using var values = new NativeBuffer();
        float[] y = new float[35];
        Follow(weight, values);
        KernelTrace.Attach(heard);
        Gemm.Forward(new float[21], 7, weight, y, accumulate: true);
        Gemm.Forward(new float[21], 7, weight, y);
        Gemm.BackwardWeight(new float[35], new float[21], 7, 5, 3, new float[15]);
        Gemm.Forward([], 0, weight, []);
        KernelTrace.Detach(heard);
        Assert.That(heard.All.Select(call => (call.Kind, call.Shape)), Is.EqualTo(new[]
        {
            (KernelKind.WeightPacking, new KernelShape(5, 3)),
            (KernelKind.GemmForward, new KernelShape(7, 5, 3) { Accumulates = true }),
            (KernelKind.GemmForward, new KernelShape(7, 5, 3)),
            (KernelKind.GemmWeightGradient, new KernelShape(5, 3, 7) { Accumulates = true }),
        }));
    }

    private static unsafe void Follow(PackedMatrix weight, NativeBuffer values) =>
        weight.Follow(new ReadOnlySpan<float>(values.Rent(weight.Outputs * weight.Inputs), weight.Outputs * weight.Inputs));

    private sealed class Calls : IKernelListener
    {
        private readonly List<KernelCall> _all = [];

        public IReadOnlyList<KernelCall> All => _all;

        public void Ended(in KernelCall call)
        {
            lock (_all)
                _all.Add(call);
        }
    }
}
