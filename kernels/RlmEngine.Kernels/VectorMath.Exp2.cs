using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RlmEngine.Kernels;

/// <content>
/// The exponential to base 2, for sums whose argument is scaled anyway: y = n + f, 2^f by the minimax polynomial of degree 5 with value 1
/// at 0 (relative error 9·10⁻⁸ on |f| ≤ ½), scaled by 2ⁿ. At most 2 ulp on normal results, 2⁰ = 1, and the same bits on every width.
/// </content>
public static partial class VectorMath
{
    /// <summary>From there down 2^y is rounded to 0.</summary>
    internal const float LowestExponent = -150f;

    private const float E1 = 6.9314697760e-1f;
    private const float E2 = 2.4022242085e-1f;
    private const float E3 = 5.5507337436e-2f;
    private const float E4 = 9.6715126882e-3f;
    private const float E5 = 1.3264727247e-3f;

    /// <summary>2^y for y in [<see cref="LowestExponent"/>, 127], four vectors step by step beside each other; NaN stays NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Exp2InRange(ref Vector512<float> a, ref Vector512<float> b, ref Vector512<float> c, ref Vector512<float> d)
    {
        Vector512<float> round = Vector512.Create(Round);
        Vector512<float> na = (a + round) - round, nb = (b + round) - round, nc = (c + round) - round, nd = (d + round) - round;
        Vector512<float> fa = a - na, fb = b - nb, fc = c - nc, fd = d - nd;
        Vector512<float> pa = Vector512.Create(E5), pb = pa, pc = pa, pd = pa;
        Horner(ref pa, ref pb, ref pc, ref pd, fa, fb, fc, fd, E4);
        Horner(ref pa, ref pb, ref pc, ref pd, fa, fb, fc, fd, E3);
        Horner(ref pa, ref pb, ref pc, ref pd, fa, fb, fc, fd, E2);
        Horner(ref pa, ref pb, ref pc, ref pd, fa, fb, fc, fd, E1);
        Horner(ref pa, ref pb, ref pc, ref pd, fa, fb, fc, fd, 1f);
        (a, b, c, d) = (Scale(pa, na), Scale(pb, nb), Scale(pc, nc), Scale(pd, nd));
    }

    /// <summary>2^y of eight lanes, the same bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<float> Exp2InRange(Vector256<float> y)
    {
        Vector256<float> shifted = y + Vector256.Create(Round);
        Vector256<float> f = y - (shifted - Vector256.Create(Round));
        Vector256<float> p = Vector256.FusedMultiplyAdd(Vector256.Create(E5), f, Vector256.Create(E4));
        p = Vector256.FusedMultiplyAdd(p, f, Vector256.Create(E3));
        p = Vector256.FusedMultiplyAdd(p, f, Vector256.Create(E2));
        p = Vector256.FusedMultiplyAdd(p, f, Vector256.Create(E1));
        p = Vector256.FusedMultiplyAdd(p, f, Vector256<float>.One);
        Vector256<int> exponent = shifted.AsInt32() - Vector256.Create(RoundBits);
        Vector256<int> half = exponent >> 1;
        Vector256<float> first = ((half + Vector256.Create(127)) << 23).AsSingle();
        Vector256<float> second = ((exponent - half + Vector256.Create(127)) << 23).AsSingle();
        return p * first * second;
    }

    /// <summary>2^y of four lanes, the same bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector128<float> Exp2InRange(Vector128<float> y)
    {
        Vector128<float> shifted = y + Vector128.Create(Round);
        Vector128<float> f = y - (shifted - Vector128.Create(Round));
        Vector128<float> p = Vector128.FusedMultiplyAdd(Vector128.Create(E5), f, Vector128.Create(E4));
        p = Vector128.FusedMultiplyAdd(p, f, Vector128.Create(E3));
        p = Vector128.FusedMultiplyAdd(p, f, Vector128.Create(E2));
        p = Vector128.FusedMultiplyAdd(p, f, Vector128.Create(E1));
        p = Vector128.FusedMultiplyAdd(p, f, Vector128<float>.One);
        Vector128<int> exponent = shifted.AsInt32() - Vector128.Create(RoundBits);
        Vector128<int> half = exponent >> 1;
        Vector128<float> first = ((half + Vector128.Create(127)) << 23).AsSingle();
        Vector128<float> second = ((exponent - half + Vector128.Create(127)) << 23).AsSingle();
        return p * first * second;
    }
}
