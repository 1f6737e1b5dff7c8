using System.Runtime.CompilerServices;

namespace RlmEngine.Kernels.Dense;

/// <summary>How the tiles of a product read panels of its second operand.</summary>
/// <typeparam name="TVector">Vector of floats.</typeparam>
internal unsafe interface IPanel<TVector>
    where TVector : struct
{
    /// <summary>Bytes of an element.</summary>
    static abstract int Bytes { get; }

    static abstract TVector Load(byte* source);
}

/// <summary>Panels of float32.</summary>
internal readonly unsafe struct Float32Panel<TLanes, TVector> : IPanel<TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : struct
{
    public static int Bytes => sizeof(float);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Load(byte* source) => TLanes.Load((float*)source);
}

/// <summary>Panels of bfloat16, widened as they are loaded.</summary>
internal readonly unsafe struct Bfloat16Panel<TLanes, TVector> : IPanel<TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : struct
{
    public static int Bytes => sizeof(ushort);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Load(byte* source) => TLanes.Widen((ushort*)source);
}
