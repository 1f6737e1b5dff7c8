using System.Numerics;

namespace RlmEngine.Kernels.Dense;

/// <content>The scalar definition of the step, in any floating-point type.</content>
public static unsafe partial class AdamW
{
    /// <summary>Scalar step, in any floating-point type; leaves the gradient zero.</summary>
    public static void StepReference<T>(Span<T> weights, Span<T> gradient, Span<T> m, Span<T> v, in AdamWStep step)
        where T : IBinaryFloatingPointIeee754<T>
    {
        T scale = T.CreateTruncating(step.GradientScale), epsilon = T.CreateTruncating(step.Epsilon);
        T rest1 = T.CreateTruncating(1 - step.Beta1), beta2 = T.CreateTruncating(step.Beta2), rest2 = T.CreateTruncating(1 - step.Beta2);
        T decay = T.CreateTruncating(1 - step.LearningRate * step.WeightDecay);
        T minusRate = T.CreateTruncating(-step.LearningRate / (1 - Math.Pow(step.Beta1, step.Number)));
        T root = T.CreateTruncating(1 / Math.Sqrt(1 - Math.Pow(step.Beta2, step.Number)));
        for (int i = 0; i < weights.Length; i++)
        {
            T g = gradient[i] * scale;
            m[i] = T.FusedMultiplyAdd(rest1, g - m[i], m[i]);
            v[i] = T.FusedMultiplyAdd(rest2 * g, g, beta2 * v[i]);
            weights[i] = T.FusedMultiplyAdd(minusRate, m[i] / T.FusedMultiplyAdd(T.Sqrt(v[i]), root, epsilon), weights[i] * decay);
            gradient[i] = T.Zero;
        }
    }
}
