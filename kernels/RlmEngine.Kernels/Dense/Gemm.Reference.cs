using System.Numerics;

namespace RlmEngine.Kernels.Dense;

/// <content>The scalar definition of the products, in any floating-point type.</content>
public static unsafe partial class Gemm
{
    /// <summary>Scalar <see cref="Forward"/>: y[m, o] (+)= Σ_i x[m, i]·w[o, i], fused, in ascending i.</summary>
    public static void ForwardReference<T>(
        ReadOnlySpan<T> x_MI, ReadOnlySpan<T> w_OI, int m, int outputs, int inputs, Span<T> y_MO, bool accumulate = false)
        where T : IBinaryFloatingPointIeee754<T>
    {
        for (int row = 0; row < m; row++)
        {
            for (int o = 0; o < outputs; o++)
            {
                T sum = T.Zero;
                for (int i = 0; i < inputs; i++)
                    sum = T.FusedMultiplyAdd(x_MI[row * inputs + i], w_OI[o * inputs + i], sum);
                y_MO[row * outputs + o] = accumulate ? y_MO[row * outputs + o] + sum : sum;
            }
        }
    }

    /// <summary>Scalar <see cref="BackwardInput"/>: dx[m, i] (+)= Σ_o dy[m, o]·w[o, i], fused, in ascending o.</summary>
    public static void BackwardInputReference<T>(
        ReadOnlySpan<T> dy_MO, ReadOnlySpan<T> w_OI, int m, int outputs, int inputs, Span<T> dx_MI, bool accumulate = false)
        where T : IBinaryFloatingPointIeee754<T>
    {
        for (int row = 0; row < m; row++)
        {
            for (int i = 0; i < inputs; i++)
            {
                T sum = T.Zero;
                for (int o = 0; o < outputs; o++)
                    sum = T.FusedMultiplyAdd(dy_MO[row * outputs + o], w_OI[o * inputs + i], sum);
                dx_MI[row * inputs + i] = accumulate ? dx_MI[row * inputs + i] + sum : sum;
            }
        }
    }

    /// <summary>Scalar <see cref="BackwardWeight"/>: dw[o, i] += Σ_m dy[m, o]·x[m, i], fused, in ascending m.</summary>
    public static void BackwardWeightReference<T>(
        ReadOnlySpan<T> dy_MO, ReadOnlySpan<T> x_MI, int m, int outputs, int inputs, Span<T> dw_OI)
        where T : IBinaryFloatingPointIeee754<T>
    {
        for (int o = 0; o < outputs; o++)
        {
            for (int i = 0; i < inputs; i++)
            {
                T sum = T.Zero;
                for (int row = 0; row < m; row++)
                    sum = T.FusedMultiplyAdd(dy_MO[row * outputs + o], x_MI[row * inputs + i], sum);
                dw_OI[o * inputs + i] += sum;
            }
        }
    }
}
