using System.Runtime.CompilerServices;

namespace RlmEngine.Kernels.Dense;

/// <summary>How the tiles of a product read panels of its second operand, and which columns their two vectors are.</summary>
/// <typeparam name="TVector">Vector of floats.</typeparam>
internal unsafe interface IPanel<TVector>
    where TVector : struct
{
    /// <summary>Bytes of an element.</summary>
    static abstract int Bytes { get; }

    /// <summary>From the columns of a tile's first vector to those of its second.</summary>
    static abstract int SecondColumn { get; }

    /// <summary>From the columns of a tile to those of the panel's next one.</summary>
    static abstract int TileStep { get; }

    static abstract TVector LoadFirst(byte* source);

    static abstract TVector LoadSecond(byte* source);
}

/// <summary>Panels of float32: a tile's vectors stand one after the other.</summary>
internal readonly unsafe struct Float32Panel<TLanes, TVector> : IPanel<TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : struct
{
    public static int Bytes => sizeof(float);

    public static int SecondColumn => TLanes.Count;

    public static int TileStep => 2 * TLanes.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector LoadFirst(byte* source) => TLanes.Load((float*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector LoadSecond(byte* source) => TLanes.Load((float*)source + TLanes.Count);
}

/// <summary>
/// Panels of bfloat16: column n of the panel's left half and column n of its right half share a 32-bit word, so that one shift or one mask
/// widens a vector of words, of any width, into a vector of columns.
/// </summary>
internal readonly unsafe struct Bfloat16Panel<TLanes, TVector> : IPanel<TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : struct
{
    public static int Bytes => sizeof(ushort);

    public static int SecondColumn => PackedMatrix.PanelWidth / 2;

    public static int TileStep => TLanes.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector LoadFirst(byte* source) => TLanes.WidenLower((uint*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector LoadSecond(byte* source) => TLanes.WidenUpper((uint*)source);
}
