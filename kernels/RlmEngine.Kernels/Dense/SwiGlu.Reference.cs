using System.Numerics;

namespace RlmEngine.Kernels.Dense;

/// <content>The scalar definition of the activation, in any floating-point type.</content>
public static unsafe partial class SwiGlu
{
    /// <summary>Scalar <see cref="Forward"/>, with the type's own exponential.</summary>
    public static void ForwardReference<T>(ReadOnlySpan<T> gate, ReadOnlySpan<T> up, Span<T> y)
        where T : IBinaryFloatingPointIeee754<T>
    {
        for (int i = 0; i < gate.Length; i++)
            y[i] = gate[i] / (T.One + T.Exp(-gate[i])) * up[i];
    }

    /// <summary>Scalar <see cref="Backward"/>, with the type's own exponential.</summary>
    public static void BackwardReference<T>(ReadOnlySpan<T> dy, ReadOnlySpan<T> gate, ReadOnlySpan<T> up, Span<T> dgate, Span<T> dup)
        where T : IBinaryFloatingPointIeee754<T>
    {
        for (int i = 0; i < dy.Length; i++)
        {
            T sigmoid = T.One / (T.One + T.Exp(-gate[i]));
            dup[i] = dy[i] * gate[i] * sigmoid;
            dgate[i] = dy[i] * up[i] * sigmoid * (T.One + gate[i] * (T.One - sigmoid));
        }
    }
}
