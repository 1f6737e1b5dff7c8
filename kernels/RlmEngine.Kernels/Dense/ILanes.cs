using System.Runtime.Intrinsics;

namespace RlmEngine.Kernels.Dense;

/// <summary>The vector operations a kernel is written in once, for each vector type; every lane rounds as the scalar operation does.</summary>
/// <typeparam name="TVector">Vector of floats: <see cref="Vector512{T}"/>, <see cref="Vector256{T}"/> or <see cref="Vector128{T}"/>.</typeparam>
internal unsafe interface ILanes<TVector>
    where TVector : struct
{
    static abstract int Count { get; }

    static abstract TVector Load(float* source);

    /// <summary>Loads the bfloat16 numbers in the lower halves of as many words; a float32 has the same number, so nothing is rounded.</summary>
    static abstract TVector WidenLower(uint* source);

    /// <summary>Loads those in the upper halves.</summary>
    static abstract TVector WidenUpper(uint* source);

    static abstract void Store(TVector value, float* destination);

    static abstract TVector Splat(float value);

    static abstract TVector MultiplyAdd(TVector a, TVector b, TVector c);

    static abstract TVector Add(TVector a, TVector b);

    static abstract TVector Subtract(TVector a, TVector b);

    static abstract TVector Multiply(TVector a, TVector b);

    static abstract TVector Divide(TVector a, TVector b);

    static abstract TVector SquareRoot(TVector a);

    static abstract TVector Exp(TVector a);
}
