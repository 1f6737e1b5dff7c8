using System.Runtime.CompilerServices;

namespace RlmEngine.Kernels.Rollout;

/// <summary>Sixteen tokens' x' − m, by which a row's tokens are ordered and weighed: <see cref="RowStatistics.Difference"/> in lanes.</summary>
internal readonly struct RowDifferences<TLanes>(in RowStatistics row)
    where TLanes : struct, IRowLanes<TLanes>
{
    private readonly TLanes _scale = TLanes.Broadcast(row.InverseTemperature);
    private readonly TLanes _max = TLanes.Broadcast(row.Max);

    /// <summary>x' − m.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TLanes Of(TLanes logits) => (logits * _scale) - _max;

    /// <summary>e^(x' − m), 0 for −∞.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Weight(TLanes difference) => TLanes.ExpInRange(TLanes.Max(TLanes.Broadcast(VectorMath.LowestArgument), difference));
}
