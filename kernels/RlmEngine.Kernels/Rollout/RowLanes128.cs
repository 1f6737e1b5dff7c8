using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RlmEngine.Kernels.Rollout;

/// <summary>Sixteen lanes in four <see cref="Vector128{T}"/>.</summary>
internal readonly struct RowLanes128(Vector128<float> a, Vector128<float> b, Vector128<float> c, Vector128<float> d) : IRowLanes<RowLanes128>
{
    private readonly Vector128<float> _a = a;
    private readonly Vector128<float> _b = b;
    private readonly Vector128<float> _c = c;
    private readonly Vector128<float> _d = d;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RowLanes128 operator +(RowLanes128 left, RowLanes128 right) => new(
        left._a + right._a,
        left._b + right._b,
        left._c + right._c,
        left._d + right._d);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RowLanes128 operator -(RowLanes128 left, RowLanes128 right) => new(
        left._a - right._a,
        left._b - right._b,
        left._c - right._c,
        left._d - right._d);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RowLanes128 operator *(RowLanes128 left, RowLanes128 right) => new(
        left._a * right._a,
        left._b * right._b,
        left._c * right._c,
        left._d * right._d);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RowLanes128 Load(ref readonly float source) => new(
        Vector128.LoadUnsafe(in source),
        Vector128.LoadUnsafe(in source, 4),
        Vector128.LoadUnsafe(in source, 8),
        Vector128.LoadUnsafe(in source, 12));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RowLanes128 Broadcast(float value) => new(
        Vector128.Create(value),
        Vector128.Create(value),
        Vector128.Create(value),
        Vector128.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RowLanes128 Max(RowLanes128 left, RowLanes128 right) => new(
        Vector128.MaxNative(left._a, right._a),
        Vector128.MaxNative(left._b, right._b),
        Vector128.MaxNative(left._c, right._c),
        Vector128.MaxNative(left._d, right._d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RowLanes128 Min(RowLanes128 left, RowLanes128 right) => new(
        Vector128.MinNative(left._a, right._a),
        Vector128.MinNative(left._b, right._b),
        Vector128.MinNative(left._c, right._c),
        Vector128.MinNative(left._d, right._d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RowLanes128 MultiplyAdd(RowLanes128 left, RowLanes128 right, RowLanes128 addend) => new(
        Vector128.FusedMultiplyAdd(left._a, right._a, addend._a),
        Vector128.FusedMultiplyAdd(left._b, right._b, addend._b),
        Vector128.FusedMultiplyAdd(left._c, right._c, addend._c),
        Vector128.FusedMultiplyAdd(left._d, right._d, addend._d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RowLanes128 ExpInRange(RowLanes128 x) => new(
        VectorMath.ExpInRange(x._a),
        VectorMath.ExpInRange(x._b),
        VectorMath.ExpInRange(x._c),
        VectorMath.ExpInRange(x._d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Exp2InRange(ref RowLanes128 a, ref RowLanes128 b, ref RowLanes128 c, ref RowLanes128 d)
    {
        (a, b) = (Exp2InRange(a), Exp2InRange(b));
        (c, d) = (Exp2InRange(c), Exp2InRange(d));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static RowLanes128 Exp2InRange(RowLanes128 y) => new(
        VectorMath.Exp2InRange(y._a),
        VectorMath.Exp2InRange(y._b),
        VectorMath.Exp2InRange(y._c),
        VectorMath.Exp2InRange(y._d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint AtLeast(RowLanes128 left, RowLanes128 right) =>
        Vector128.GreaterThanOrEqual(left._a, right._a).ExtractMostSignificantBits() |
        (Vector128.GreaterThanOrEqual(left._b, right._b).ExtractMostSignificantBits() << 4) |
        (Vector128.GreaterThanOrEqual(left._c, right._c).ExtractMostSignificantBits() << 8) |
        (Vector128.GreaterThanOrEqual(left._d, right._d).ExtractMostSignificantBits() << 12);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RowLanes128 KeepAtLeast(RowLanes128 value, RowLanes128 left, RowLanes128 right) => new(
        Vector128.GreaterThanOrEqual(left._a, right._a) & value._a,
        Vector128.GreaterThanOrEqual(left._b, right._b) & value._b,
        Vector128.GreaterThanOrEqual(left._c, right._c) & value._c,
        Vector128.GreaterThanOrEqual(left._d, right._d) & value._d);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(ref float destination)
    {
        _a.StoreUnsafe(ref destination);
        _b.StoreUnsafe(ref destination, 4);
        _c.StoreUnsafe(ref destination, 8);
        _d.StoreUnsafe(ref destination, 12);
    }
}
