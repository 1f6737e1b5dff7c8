namespace RlmEngine.Kernels.Dense;

/// <summary>Numbered pieces of work written once for every vector type, see <see cref="VectorPool.Run"/>.</summary>
internal interface IVectorWork
{
    /// <summary>Does piece <paramref name="index"/> with the given vectors.</summary>
    void Do<TLanes, TVector>(int index)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct;
}
