using System.Numerics;

namespace RlmEngine.Kernels.Dense;

/// <content>The scalar definition of the rotation, in any floating-point type.</content>
public sealed unsafe partial class Rope
{
    /// <summary>Scalar rotation with angles computed on the spot; <paramref name="direction"/> 1 is forward, −1 backward.</summary>
    public static void RotateReference<T>(Span<T> x_RHD, ReadOnlySpan<int> positions_R, int heads, int headSize, double theta, int direction)
        where T : IBinaryFloatingPointIeee754<T>
    {
        int half = headSize / 2;
        for (int row = 0; row < positions_R.Length; row++)
        {
            for (int i = 0; i < half; i++)
            {
                (double sin, double cos) = Math.SinCos(positions_R[row] * Math.Pow(theta, -2.0 * i / headSize));
                T c = T.CreateTruncating(cos), s = T.CreateTruncating(direction * sin);
                for (int head = 0; head < heads; head++)
                {
                    int at = (row * heads + head) * headSize + i;
                    (T first, T second) = (x_RHD[at], x_RHD[at + half]);
                    x_RHD[at] = T.FusedMultiplyAdd(second, -s, first * c);
                    x_RHD[at + half] = T.FusedMultiplyAdd(first, s, second * c);
                }
            }
        }
    }
}
