using System.Runtime.CompilerServices;

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
        int whole = logits_V.Length & -RowAccumulator.Lanes;
        for (int i = 0; i < whole; i += RowAccumulator.Lanes) Of(TLanes.Load(in logits_V[i])).Store(ref logits_V[i]);
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
        TLanes logProb = (logits * TLanes.Broadcast(_scale)) - TLanes.Broadcast(_logSumExp);
        logProb = TLanes.Min(TLanes.Broadcast(0f), TLanes.Max(TLanes.Broadcast(VectorMath.LowestArgument), logProb));
        TLanes weight = TLanes.MultiplyAdd(
            TLanes.Broadcast(_dEntropy), logProb + TLanes.Broadcast(_entropy), TLanes.Broadcast(_dLogProb));
        return TLanes.Broadcast(-_scale) * TLanes.ExpInRange(logProb) * weight;
    }
}
