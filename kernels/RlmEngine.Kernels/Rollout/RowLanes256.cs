using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RlmEngine.Kernels.Rollout;

/// <summary>Sixteen lanes in two <see cref="Vector256{T}"/>.</summary>
internal readonly struct RowLanes256(Vector256<float> a, Vector256<float> b) : IRowLanes<RowLanes256>
{
    private readonly Vector256<float> _a = a;
    private readonly Vector256<float> _b = b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RowLanes256 operator +(RowLanes256 left, RowLanes256 right) => new(left._a + right._a, left._b + right._b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RowLanes256 operator -(RowLanes256 left, RowLanes256 right) => new(left._a - right._a, left._b - right._b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RowLanes256 operator *(RowLanes256 left, RowLanes256 right) => new(left._a * right._a, left._b * right._b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RowLanes256 Load(ref readonly float source) => new(Vector256.LoadUnsafe(in source), Vector256.LoadUnsafe(in source, 8));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RowLanes256 Broadcast(float value) => new(Vector256.Create(value), Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RowLanes256 Max(RowLanes256 left, RowLanes256 right) => new(
        Vector256.MaxNative(left._a, right._a),
        Vector256.MaxNative(left._b, right._b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RowLanes256 Min(RowLanes256 left, RowLanes256 right) => new(
        Vector256.MinNative(left._a, right._a),
        Vector256.MinNative(left._b, right._b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RowLanes256 MultiplyAdd(RowLanes256 left, RowLanes256 right, RowLanes256 addend) => new(
        Vector256.FusedMultiplyAdd(left._a, right._a, addend._a),
        Vector256.FusedMultiplyAdd(left._b, right._b, addend._b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RowLanes256 ExpInRange(RowLanes256 x) => new(VectorMath.ExpInRange(x._a), VectorMath.ExpInRange(x._b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Exp2InRange(ref RowLanes256 a, ref RowLanes256 b, ref RowLanes256 c, ref RowLanes256 d)
    {
        (a, b) = (Exp2InRange(a), Exp2InRange(b));
        (c, d) = (Exp2InRange(c), Exp2InRange(d));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static RowLanes256 Exp2InRange(RowLanes256 y) => new(VectorMath.Exp2InRange(y._a), VectorMath.Exp2InRange(y._b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint AtLeast(RowLanes256 left, RowLanes256 right) =>
        Vector256.GreaterThanOrEqual(left._a, right._a).ExtractMostSignificantBits() |
        (Vector256.GreaterThanOrEqual(left._b, right._b).ExtractMostSignificantBits() << 8);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RowLanes256 KeepAtLeast(RowLanes256 value, RowLanes256 left, RowLanes256 right) => new(Vector256.GreaterThanOrEqual(left._a, right._a) & value._a, Vector256.GreaterThanOrEqual(left._b, right._b) & value._b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(ref float destination)
    {
        _a.StoreUnsafe(ref destination);
        _b.StoreUnsafe(ref destination, 8);
    }
}
