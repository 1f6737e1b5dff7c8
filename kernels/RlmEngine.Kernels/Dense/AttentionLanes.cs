using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RlmEngine.Kernels.Dense;

/// <summary>Sixteen floats side by side; every implementation gives the same bits, whatever the hardware's vector width.</summary>
internal unsafe interface ILanes16<TSelf>
    where TSelf : struct, ILanes16<TSelf>
{
    static abstract TSelf Load(float* source);

    /// <summary>Registers that the sixteen floats take.</summary>
    static abstract int Registers { get; }

    static abstract TSelf Zero { get; }

    static abstract TSelf Broadcast(float value);

    /// <summary>The first <paramref name="count"/> lanes of a, the others of b.</summary>
    static abstract TSelf First(int count, TSelf a, TSelf b);

    /// <summary>a · b + c with one rounding.</summary>
    static abstract TSelf MultiplyAdd(TSelf a, TSelf b, TSelf c);

    static abstract TSelf Multiply(TSelf a, TSelf b);

    static abstract TSelf Add(TSelf a, TSelf b);

    static abstract TSelf Subtract(TSelf a, TSelf b);

    /// <summary>The larger of each; which of the two when one is NaN is not defined.</summary>
    static abstract TSelf Max(TSelf a, TSelf b);

    static abstract TSelf Exp(TSelf a);

    /// <summary>Four times <see cref="Exp(TSelf)"/>, the same bits, beside each other.</summary>
    static abstract void Exp(ref TSelf a, ref TSelf b, ref TSelf c, ref TSelf d);

    /// <summary>Sum of the lanes in halves: lane i and lane i + 8, then i + 4, i + 2, i + 1.</summary>
    static abstract float Sum(TSelf a);

    /// <summary>Largest lane; not defined when one is NaN.</summary>
    static abstract float Largest(TSelf a);

    void Store(float* destination);
}

/// <summary>The last two halvings of sixteen lanes.</summary>
internal static class FoldedLanes
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector128<float> quarter) => (quarter[0] + quarter[2]) + (quarter[1] + quarter[3]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(Vector128<float> quarter)
        => MathF.Max(MathF.Max(quarter[0], quarter[2]), MathF.Max(quarter[1], quarter[3]));
}

/// <summary>One AVX-512 register.</summary>
internal readonly unsafe struct Lanes16x1(Vector512<float> v) : ILanes16<Lanes16x1>
{
    private readonly Vector512<float> _v = v;

    public static int Registers => 1;

    public static Lanes16x1 Zero => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16x1 Load(float* source) => new(Vector512.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16x1 Broadcast(float value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16x1 MultiplyAdd(Lanes16x1 a, Lanes16x1 b, Lanes16x1 c) => new(Vector512.FusedMultiplyAdd(a._v, b._v, c._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16x1 Multiply(Lanes16x1 a, Lanes16x1 b) => new(a._v * b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16x1 Add(Lanes16x1 a, Lanes16x1 b) => new(a._v + b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16x1 Subtract(Lanes16x1 a, Lanes16x1 b) => new(a._v - b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16x1 Max(Lanes16x1 a, Lanes16x1 b) => new(Vector512.MaxNative(a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16x1 Exp(Lanes16x1 a) => new(VectorMath.Exp(a._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Exp(ref Lanes16x1 a, ref Lanes16x1 b, ref Lanes16x1 c, ref Lanes16x1 d)
    {
        Vector512<float> va = VectorMath.InRange(a._v), vb = VectorMath.InRange(b._v);
        Vector512<float> vc = VectorMath.InRange(c._v), vd = VectorMath.InRange(d._v);
        VectorMath.ExpInRange(ref va, ref vb, ref vc, ref vd);
        (a, b, c, d) = (new(va), new(vb), new(vc), new(vd));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16x1 First(int count, Lanes16x1 a, Lanes16x1 b) => new(Vector512.ConditionalSelect(
        Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(count)).AsSingle(), a._v, b._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Lanes16x1 a)
    {
        Vector256<float> half = a._v.GetLower() + a._v.GetUpper();
        Vector128<float> quarter = half.GetLower() + half.GetUpper();
        return FoldedLanes.Sum(quarter);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(Lanes16x1 a)
    {
        Vector256<float> half = Vector256.MaxNative(a._v.GetLower(), a._v.GetUpper());
        Vector128<float> quarter = Vector128.MaxNative(half.GetLower(), half.GetUpper());
        return FoldedLanes.Largest(quarter);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* destination) => _v.Store(destination);
}

/// <summary>Two AVX registers.</summary>
internal readonly unsafe struct Lanes16x2(Vector256<float> a, Vector256<float> b) : ILanes16<Lanes16x2>
{
    private readonly Vector256<float> _a = a;
    private readonly Vector256<float> _b = b;

    public static int Registers => 2;

    public static Lanes16x2 Zero => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16x2 Load(float* source) => new(Vector256.Load(source), Vector256.Load(source + 8));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16x2 Broadcast(float value) => new(Vector256.Create(value), Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16x2 MultiplyAdd(Lanes16x2 a, Lanes16x2 b, Lanes16x2 c)
        => new(Vector256.FusedMultiplyAdd(a._a, b._a, c._a), Vector256.FusedMultiplyAdd(a._b, b._b, c._b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16x2 Multiply(Lanes16x2 a, Lanes16x2 b) => new(a._a * b._a, a._b * b._b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16x2 Add(Lanes16x2 a, Lanes16x2 b) => new(a._a + b._a, a._b + b._b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16x2 Subtract(Lanes16x2 a, Lanes16x2 b) => new(a._a - b._a, a._b - b._b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16x2 Max(Lanes16x2 a, Lanes16x2 b) => new(Vector256.MaxNative(a._a, b._a), Vector256.MaxNative(a._b, b._b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16x2 Exp(Lanes16x2 a) => new(VectorMath.Exp(a._a), VectorMath.Exp(a._b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Exp(ref Lanes16x2 a, ref Lanes16x2 b, ref Lanes16x2 c, ref Lanes16x2 d) => (a, b, c, d) = (Exp(a), Exp(b), Exp(c), Exp(d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16x2 First(int count, Lanes16x2 a, Lanes16x2 b) => new(First(count, a._a, b._a), First(count - 8, a._b, b._b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Lanes16x2 a)
    {
        Vector256<float> half = a._a + a._b;
        Vector128<float> quarter = half.GetLower() + half.GetUpper();
        return FoldedLanes.Sum(quarter);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(Lanes16x2 a)
    {
        Vector256<float> half = Vector256.MaxNative(a._a, a._b);
        Vector128<float> quarter = Vector128.MaxNative(half.GetLower(), half.GetUpper());
        return FoldedLanes.Largest(quarter);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> First(int count, Vector256<float> a, Vector256<float> b)
        => Vector256.ConditionalSelect(Vector256.LessThan(Vector256<int>.Indices, Vector256.Create(count)).AsSingle(), a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* destination)
    {
        _a.Store(destination);
        _b.Store(destination + 8);
    }
}

/// <summary>Four 128-bit registers; software where the hardware has none.</summary>
internal readonly unsafe struct Lanes16x4(Vector128<float> a, Vector128<float> b, Vector128<float> c, Vector128<float> d) : ILanes16<Lanes16x4>
{
    private readonly Vector128<float> _a = a;
    private readonly Vector128<float> _b = b;
    private readonly Vector128<float> _c = c;
    private readonly Vector128<float> _d = d;

    public static int Registers => 4;

    public static Lanes16x4 Zero => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16x4 Load(float* source)
        => new(Vector128.Load(source), Vector128.Load(source + 4), Vector128.Load(source + 8), Vector128.Load(source + 12));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16x4 Broadcast(float value)
    {
        Vector128<float> v = Vector128.Create(value);
        return new(v, v, v, v);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16x4 MultiplyAdd(Lanes16x4 a, Lanes16x4 b, Lanes16x4 c) => new(
        Vector128.FusedMultiplyAdd(a._a, b._a, c._a), Vector128.FusedMultiplyAdd(a._b, b._b, c._b),
        Vector128.FusedMultiplyAdd(a._c, b._c, c._c), Vector128.FusedMultiplyAdd(a._d, b._d, c._d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16x4 Multiply(Lanes16x4 a, Lanes16x4 b) => new(a._a * b._a, a._b * b._b, a._c * b._c, a._d * b._d);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16x4 Add(Lanes16x4 a, Lanes16x4 b) => new(a._a + b._a, a._b + b._b, a._c + b._c, a._d + b._d);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16x4 Subtract(Lanes16x4 a, Lanes16x4 b) => new(a._a - b._a, a._b - b._b, a._c - b._c, a._d - b._d);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16x4 Max(Lanes16x4 a, Lanes16x4 b) => new(
        Vector128.MaxNative(a._a, b._a), Vector128.MaxNative(a._b, b._b), Vector128.MaxNative(a._c, b._c), Vector128.MaxNative(a._d, b._d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16x4 Exp(Lanes16x4 a) => new(VectorMath.Exp(a._a), VectorMath.Exp(a._b), VectorMath.Exp(a._c), VectorMath.Exp(a._d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Exp(ref Lanes16x4 a, ref Lanes16x4 b, ref Lanes16x4 c, ref Lanes16x4 d) => (a, b, c, d) = (Exp(a), Exp(b), Exp(c), Exp(d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes16x4 First(int count, Lanes16x4 a, Lanes16x4 b) => new(
        First(count, a._a, b._a), First(count - 4, a._b, b._b), First(count - 8, a._c, b._c), First(count - 12, a._d, b._d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Lanes16x4 a)
    {
        Vector128<float> quarter = (a._a + a._c) + (a._b + a._d);
        return FoldedLanes.Sum(quarter);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Largest(Lanes16x4 a)
    {
        Vector128<float> quarter = Vector128.MaxNative(Vector128.MaxNative(a._a, a._c), Vector128.MaxNative(a._b, a._d));
        return FoldedLanes.Largest(quarter);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> First(int count, Vector128<float> a, Vector128<float> b)
        => Vector128.ConditionalSelect(Vector128.LessThan(Vector128<int>.Indices, Vector128.Create(count)).AsSingle(), a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(float* destination)
    {
        _a.Store(destination);
        _b.Store(destination + 4);
        _c.Store(destination + 8);
        _d.Store(destination + 12);
    }
}
