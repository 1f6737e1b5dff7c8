using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RlmEngine.Kernels.Dense;

/// <summary>Sums of one row in 32 lanes: lane j takes the elements j, j + 32, …, fused, ascending; the lanes then meet in halves.</summary>
/// <remarks>The order is part of the definition, so every vector width gives the same bits.</remarks>
internal static unsafe class LaneSum
{
    public const int Lanes = 32;

    /// <summary>Σ a[i]·b[i].</summary>
    public static float Dot<TLanes, TVector>(float* a, float* b, int count)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct => Sum<TLanes, TVector>(a, b, null, count);

    /// <summary>Σ (a[i]·scale[i])·b[i], the inner product rounded first.</summary>
    public static float ScaledDot<TLanes, TVector>(float* a, float* scale, float* b, int count)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct => Sum<TLanes, TVector>(a, b, scale, count);

    /// <summary>The same sum one number at a time, in any type; an empty <paramref name="scale"/> is all ones.</summary>
    public static T Reference<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> b, ReadOnlySpan<T> scale)
        where T : IBinaryFloatingPointIeee754<T>
    {
        var lanes = new T[Lanes];
        for (int i = 0; i < a.Length; i++)
            lanes[i % Lanes] = T.FusedMultiplyAdd(scale.IsEmpty ? a[i] : a[i] * scale[i], b[i], lanes[i % Lanes]);
        for (int half = Lanes / 2; half > 0; half /= 2)
        {
            for (int j = 0; j < half; j++)
                lanes[j] += lanes[j + half];
        }

        return lanes[0];
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Sum<TLanes, TVector>(float* a, float* b, float* scale, int count)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        float* lanes = stackalloc float[Lanes];
        int whole = count / Lanes * Lanes;
        for (int lane = 0; lane < Lanes; lane += 2 * TLanes.Count)
        {
            TVector first = default, second = default;
            for (int i = lane; i < whole; i += Lanes)
            {
                TVector a0 = TLanes.Load(a + i), a1 = TLanes.Load(a + i + TLanes.Count);
                if (scale is not null)
                {
                    a0 = TLanes.Multiply(a0, TLanes.Load(scale + i));
                    a1 = TLanes.Multiply(a1, TLanes.Load(scale + i + TLanes.Count));
                }

                first = TLanes.MultiplyAdd(a0, TLanes.Load(b + i), first);
                second = TLanes.MultiplyAdd(a1, TLanes.Load(b + i + TLanes.Count), second);
            }

            TLanes.Store(first, lanes + lane);
            TLanes.Store(second, lanes + lane + TLanes.Count);
        }

        for (int i = whole; i < count; i++)
            lanes[i - whole] = MathF.FusedMultiplyAdd(scale is null ? a[i] : a[i] * scale[i], b[i], lanes[i - whole]);
        return Fold(lanes);
    }

    // Halves of 16, 8 and 4 lanes, then 2 and 1.
    private static float Fold(float* lanes)
    {
        Vector256<float> low = Vector256.Load(lanes) + Vector256.Load(lanes + 16);
        Vector256<float> high = Vector256.Load(lanes + 8) + Vector256.Load(lanes + 24);
        Vector256<float> eight = low + high;
        Vector128<float> four = eight.GetLower() + eight.GetUpper();
        return (four[0] + four[2]) + (four[1] + four[3]);
    }
}
