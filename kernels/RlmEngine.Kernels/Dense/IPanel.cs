using System.Runtime.CompilerServices;

namespace RlmEngine.Kernels.Dense;

/// <summary>How the tiles of a product read panels of its second operand, two vectors of columns at a time, and in which order they keep the columns.</summary>
/// <typeparam name="TVector">Vector of floats.</typeparam>
internal unsafe interface IPanel<TVector>
    where TVector : struct
{
    /// <summary>Bytes of an element.</summary>
    static abstract int Bytes { get; }

    /// <summary>The tile's first vector of two vectors of columns.</summary>
    static abstract TVector LoadFirst(byte* source);

    /// <summary>The tile's second one.</summary>
    static abstract TVector LoadSecond(byte* source);

    /// <summary>The tile's first vector of consecutive columns.</summary>
    static abstract TVector First(TVector left, TVector right);

    /// <summary>The tile's second one.</summary>
    static abstract TVector Second(TVector left, TVector right);

    /// <summary>The left half of the columns that the tile's two vectors hold.</summary>
    static abstract TVector Left(TVector first, TVector second);

    /// <summary>The right half.</summary>
    static abstract TVector Right(TVector first, TVector second);
}

/// <summary>Panels of float32: columns stay as they stand.</summary>
internal readonly unsafe struct Float32Panel<TLanes, TVector> : IPanel<TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : struct
{
    public static int Bytes => sizeof(float);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector LoadFirst(byte* source) => TLanes.Load((float*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector LoadSecond(byte* source) => TLanes.Load((float*)source + TLanes.Count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector First(TVector left, TVector right) => left;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Second(TVector left, TVector right) => right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Left(TVector first, TVector second) => first;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Right(TVector first, TVector second) => second;
}

/// <summary>Panels of bfloat16, widened as they are loaded: a shift gives the even columns and a mask the odd ones, which a tile keeps apart.</summary>
internal readonly unsafe struct Bfloat16Panel<TLanes, TVector> : IPanel<TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : struct
{
    public static int Bytes => sizeof(ushort);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector LoadFirst(byte* source) => TLanes.WidenEven((ushort*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector LoadSecond(byte* source) => TLanes.WidenOdd((ushort*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector First(TVector left, TVector right) => TLanes.Even(left, right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Second(TVector left, TVector right) => TLanes.Odd(left, right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Left(TVector first, TVector second) => TLanes.ZipFirst(first, second);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Right(TVector first, TVector second) => TLanes.ZipSecond(first, second);
}
