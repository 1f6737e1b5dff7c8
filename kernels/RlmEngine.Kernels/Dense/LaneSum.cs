using System.Numerics;
using System.Runtime.CompilerServices;

namespace RlmEngine.Kernels.Dense;

/// <summary>Sums of one row in 32 lanes: lane j takes the elements j, j + 32, …, fused, ascending; the lanes then meet in halves.</summary>
/// <remarks>The order is part of the definition, so every vector width gives the same bits.</remarks>
internal static unsafe class LaneSum
{
    public const int Lanes = 32;

    private const int Half = Lanes / 2;

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
        for (int half = Half; half > 0; half /= 2)
        {
            for (int j = 0; j < half; j++)
                lanes[j] += lanes[j + half];
        }

        return lanes[0];
    }

    private static float Sum<TLanes, TVector>(float* a, float* b, float* scale, int count)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct => TLanes.Count switch
        {
            16 => Sum<Lanes16x1>(a, b, scale, count),
            8 => Sum<Lanes16x2>(a, b, scale, count),
            _ => Sum<Lanes16x4>(a, b, scale, count),
        };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Sum<TLanes>(float* a, float* b, float* scale, int count)
        where TLanes : struct, ILanes16<TLanes>
    {
        TLanes first = TLanes.Zero, second = TLanes.Zero;
        int whole = count & -Lanes;
        for (int i = 0; i < whole; i += Lanes)
        {
            TLanes a0 = TLanes.Load(a + i), a1 = TLanes.Load(a + i + Half);
            if (scale is not null)
            {
                a0 = TLanes.Multiply(a0, TLanes.Load(scale + i));
                a1 = TLanes.Multiply(a1, TLanes.Load(scale + i + Half));
            }

            first = TLanes.MultiplyAdd(a0, TLanes.Load(b + i), first);
            second = TLanes.MultiplyAdd(a1, TLanes.Load(b + i + Half), second);
        }

        // Without a rest nothing leaves the registers: many a row is no longer than the lanes, and there are many such rows.
        if (whole == count) return TLanes.Sum(TLanes.Add(first, second));
        float* lanes = stackalloc float[Lanes];
        first.Store(lanes);
        second.Store(lanes + Half);
        for (int i = whole; i < count; i++)
            lanes[i - whole] = MathF.FusedMultiplyAdd(scale is null ? a[i] : a[i] * scale[i], b[i], lanes[i - whole]);
        return TLanes.Sum(TLanes.Add(TLanes.Load(lanes), TLanes.Load(lanes + Half)));
    }
}
