using System.Numerics;

namespace RlmEngine.Kernels.Dense;

/// <content>The scalar definition of the norm, in any floating-point type.</content>
public static unsafe partial class RmsNorm
{
    /// <summary>Scalar <see cref="Forward"/>.</summary>
    public static void ForwardReference<T>(ReadOnlySpan<T> x_RN, ReadOnlySpan<T> gain_N, T epsilon, Span<T> y_RN, Span<T> inverse_R)
        where T : IBinaryFloatingPointIeee754<T>
    {
        int n = gain_N.Length;
        for (int row = 0; row < Shape.Rows(x_RN.Length, n); row++)
        {
            ReadOnlySpan<T> x = x_RN.Slice(row * n, n);
            T inverse = T.One / T.Sqrt(LaneSum.Reference(x, x, []) / T.CreateChecked(n) + epsilon);
            for (int i = 0; i < n; i++)
                y_RN[row * n + i] = x[i] * inverse * gain_N[i];
            inverse_R[row] = inverse;
        }
    }

    /// <summary>Scalar <see cref="Backward"/>.</summary>
    public static void BackwardReference<T>(
        ReadOnlySpan<T> dy_RN, ReadOnlySpan<T> x_RN, ReadOnlySpan<T> gain_N, ReadOnlySpan<T> inverse_R, Span<T> dx_RN, Span<T> dgain_N)
        where T : IBinaryFloatingPointIeee754<T>
    {
        int n = gain_N.Length, rows = Shape.Rows(x_RN.Length, n);
        for (int i = 0; i < n; i++)
        {
            T sum = T.Zero;
            for (int row = 0; row < rows; row++)
                sum = T.FusedMultiplyAdd(dy_RN[row * n + i], x_RN[row * n + i] * inverse_R[row], sum);
            dgain_N[i] += sum;
        }

        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<T> x = x_RN.Slice(row * n, n), dy = dy_RN.Slice(row * n, n);
            T inverse = inverse_R[row];
            T projection = -(LaneSum.Reference(dy, x, gain_N) * inverse * inverse / T.CreateChecked(n));
            for (int i = 0; i < n; i++)
                dx_RN[row * n + i] = inverse * T.FusedMultiplyAdd(projection, x[i], dy[i] * gain_N[i]);
        }
    }
}
