using RlmEngine.Kernels.Dense;
using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Transformer;

/// <summary>
/// Initial weights: matrices normal(0, σ), those that write into the residual stream scaled by 1/√(2·layers); norms 1; biases 0.
/// Each row of each tensor has a random stream of its own, so the bits do not depend on threads.
/// </summary>
internal static class WeightInitializer
{
    public static void Fill(ModelWeights weights, ulong seed)
    {
        for (int i = 0; i < weights.Layout.Tensors.Count; i++)
        {
            WeightTensor tensor = weights.Layout.Tensors[i];
            if (tensor.IsMatrix)
                WorkPool.Run(tensor.Shape[0], new Rows(weights.Values, tensor, i, weights.Config.InitializerRange * tensor.InitialScale, seed));
            else
                new WeightSlice(tensor).Of(weights.Values).Fill(tensor.Name.EndsWith("norm.weight", StringComparison.Ordinal) ? 1f : 0f);
        }
    }

    private readonly struct Rows(FloatBuffer values, WeightTensor tensor, int number, double deviation, ulong seed) : IWork
    {
        public void Do(int index)
        {
            int columns = tensor.Shape[1];
            PhiloxStream stream = new(seed, new PhiloxCounter(RandomPurpose.Initialization, (uint)number, (uint)index, 0, 0));
            foreach (ref float value in values.Span(tensor.Offset + ((nint)index * columns), columns))
                value = (float)(stream.NextNormal() * deviation);
        }
    }
}
