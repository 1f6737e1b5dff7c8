using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RlmEngine.Kernels.Rollout;

/// <summary>Sixteen lanes in one <see cref="Vector512{T}"/>.</summary>
internal readonly struct RowLanes512(Vector512<float> a) : IRowLanes<RowLanes512>
{
    private readonly Vector512<float> _a = a;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RowLanes512 operator +(RowLanes512 left, RowLanes512 right) => new(left._a + right._a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RowLanes512 operator -(RowLanes512 left, RowLanes512 right) => new(left._a - right._a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RowLanes512 operator *(RowLanes512 left, RowLanes512 right) => new(left._a * right._a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RowLanes512 Load(ref readonly float source) => new(Vector512.LoadUnsafe(in source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RowLanes512 Broadcast(float value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RowLanes512 Max(RowLanes512 left, RowLanes512 right) => new(Vector512.MaxNative(left._a, right._a));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RowLanes512 Min(RowLanes512 left, RowLanes512 right) => new(Vector512.MinNative(left._a, right._a));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RowLanes512 MultiplyAdd(RowLanes512 left, RowLanes512 right, RowLanes512 addend) => new(
        Vector512.FusedMultiplyAdd(left._a, right._a, addend._a));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RowLanes512 ExpInRange(RowLanes512 x) => new(VectorMath.ExpInRange(x._a));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ExpInRange(ref RowLanes512 a, ref RowLanes512 b, ref RowLanes512 c, ref RowLanes512 d)
    {
        Vector512<float> va = a._a, vb = b._a, vc = c._a, vd = d._a;
        VectorMath.ExpInRange(ref va, ref vb, ref vc, ref vd);
        (a, b, c, d) = (new(va), new(vb), new(vc), new(vd));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Exp2InRange(ref RowLanes512 a, ref RowLanes512 b, ref RowLanes512 c, ref RowLanes512 d)
    {
        Vector512<float> va = a._a, vb = b._a, vc = c._a, vd = d._a;
        VectorMath.Exp2InRange(ref va, ref vb, ref vc, ref vd);
        (a, b, c, d) = (new(va), new(vb), new(vc), new(vd));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint AtLeast(RowLanes512 left, RowLanes512 right) =>
        (uint)Vector512.GreaterThanOrEqual(left._a, right._a).ExtractMostSignificantBits();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static RowLanes512 KeepAtLeast(RowLanes512 value, RowLanes512 left, RowLanes512 right) => new(Vector512.GreaterThanOrEqual(left._a, right._a) & value._a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(ref float destination) => _a.StoreUnsafe(ref destination);
}
