using RlmEngine.Kernels.Dense;
using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Transformer;

/// <summary>
/// Initial weights: matrices normal(0, σ), those that write into the residual stream scaled by 1/√(2·layers); norms 1; biases 0.
/// Each row of each tensor has a random stream of its own, so the bits depend neither on threads nor on blocks of rows.
/// </summary>
internal static class WeightInitializer
{
    public static void Fill(ModelWeights weights, ulong seed)
    {
        for (int i = 0; i < weights.Layout.Tensors.Count; i++)
        {
            WeightTensor tensor = weights.Layout.Tensors[i];
            FillRows(weights.Config, tensor, i, 0, new WeightSlice(tensor).Of(weights.Values), seed);
        }
    }

    /// <summary>Rows of one tensor from <paramref name="firstRow"/> on, as many as there is room for.</summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="tensor">The tensor.</param>
    /// <param name="number">Its place in the model's list.</param>
    /// <param name="firstRow">First row; 0 for a norm or a bias.</param>
    /// <param name="rows">Room for whole rows.</param>
    /// <param name="seed">The seed.</param>
    public static unsafe void FillRows(ModelConfig config, WeightTensor tensor, int number, int firstRow, Span<float> rows, ulong seed)
    {
        if (tensor.IsMatrix)
        {
            int columns = tensor.Shape[1];
            fixed (float* values = rows)
                WorkPool.Run(rows.Length / columns, new Rows(values, columns, number, firstRow, config.InitializerRange * tensor.InitialScale, seed));
        }
        else
        {
            rows.Fill(tensor.Name.EndsWith("norm.weight", StringComparison.Ordinal) ? 1f : 0f);
        }
    }

    private readonly unsafe struct Rows(float* values, int columns, int number, int firstRow, double deviation, ulong seed) : IWork
    {
        private readonly float* _values = values;

        public void Do(int index)
        {
            PhiloxCounter counter = new(RandomPurpose.Initialization, (uint)number, (uint)(firstRow + index), 0, 0);
            NormalNumbers.Fill(new Span<float>(_values + ((nint)index * columns), columns), deviation, seed, counter);
        }
    }
}
