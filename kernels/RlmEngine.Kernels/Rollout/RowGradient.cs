using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace RlmEngine.Kernels.Rollout;

/// <summary>The part of a row's gradient that every token has: dx_v = −(1/T) p_v [g + g_H (ln p_v + H)].</summary>
internal readonly ref struct RowGradient(float scale, float logSumExp, float entropy, float dLogProb, float dEntropy)
{
    private readonly float _scale = scale;
    private readonly float _logSumExp = logSumExp;
    private readonly float _entropy = entropy;
    private readonly float _dLogProb = dLogProb;
    private readonly float _dEntropy = dEntropy;

    public void Write<TLanes>(Span<float> logits_V)
        where TLanes : struct, IRowLanes<TLanes>
    {
        const int Lanes = RowAccumulator.Lanes;
        int whole = logits_V.Length & -Lanes;
        ref float start = ref MemoryMarshal.GetReference(logits_V);
        int i = 0;
        for (; i <= whole - (4 * Lanes); i += 4 * Lanes)
        {
            ref float at = ref Unsafe.Add(ref start, i);
            RowMemory.Prefetch(ref at);
            RowMemory.Prefetch(ref Unsafe.Add(ref at, 2 * Lanes));
            TLanes a = LogProb(TLanes.Load(in at)), b = LogProb(TLanes.Load(in Unsafe.Add(ref at, Lanes)));
            TLanes c = LogProb(TLanes.Load(in Unsafe.Add(ref at, 2 * Lanes))), d = LogProb(TLanes.Load(in Unsafe.Add(ref at, 3 * Lanes)));
            TLanes pa = a, pb = b, pc = c, pd = d;
            TLanes.ExpInRange(ref pa, ref pb, ref pc, ref pd);
            Of(pa, a).Store(ref at);
            Of(pb, b).Store(ref Unsafe.Add(ref at, Lanes));
            Of(pc, c).Store(ref Unsafe.Add(ref at, 2 * Lanes));
            Of(pd, d).Store(ref Unsafe.Add(ref at, 3 * Lanes));
        }

        for (; i < whole; i += Lanes) Of(TLanes.Load(in Unsafe.Add(ref start, i))).Store(ref Unsafe.Add(ref start, i));
        if (whole == logits_V.Length) return;
        Span<float> tail = stackalloc float[RowAccumulator.Lanes];
        RowAccumulator.FillTail(logits_V[whole..], tail);
        Of(TLanes.Load(in tail[0])).Store(ref tail[0]);
        tail[..(logits_V.Length - whole)].CopyTo(logits_V[whole..]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private TLanes Of<TLanes>(TLanes logits)
        where TLanes : struct, IRowLanes<TLanes>
    {
        TLanes logProb = LogProb(logits);
        return Of(TLanes.ExpInRange(logProb), logProb);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private TLanes LogProb<TLanes>(TLanes logits)
        where TLanes : struct, IRowLanes<TLanes>
    {
        TLanes logProb = (logits * TLanes.Broadcast(_scale)) - TLanes.Broadcast(_logSumExp);
        return TLanes.Min(TLanes.Broadcast(0f), TLanes.Max(TLanes.Broadcast(VectorMath.LowestArgument), logProb));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private TLanes Of<TLanes>(TLanes probability, TLanes logProb)
        where TLanes : struct, IRowLanes<TLanes>
    {
        TLanes weight = TLanes.MultiplyAdd(
            TLanes.Broadcast(_dEntropy), logProb + TLanes.Broadcast(_entropy), TLanes.Broadcast(_dLogProb));
        return TLanes.Broadcast(-_scale) * probability * weight;
    }
}
