using RlmEngine.Kernels.Dense;
using RlmEngine.Policies;

namespace RlmEngine.Transformer;

/// <summary>Accumulated gradients and AdamW's moments, in the layout of the weights.</summary>
internal sealed class TrainingState(WeightLayout layout) : IDisposable
{
    // Long buffers go through the kernels in pieces of this many floats, which are the same for any number of threads.
    private const int Piece = 1 << 28;

    public FloatBuffer Gradients { get; } = new(layout.Length);

    public FloatBuffer FirstMoments { get; } = new(layout.Length);

    public FloatBuffer SecondMoments { get; } = new(layout.Length);

    /// <summary>Steps taken.</summary>
    public int Count { get; set; }

    /// <summary>Clips, moves the weights and their packed copies unless the norm is not finite, clears the gradients.</summary>
    /// <remarks>Clipping needs the norm of all gradients first; that reading of them apart, every number is visited once.</remarks>
    public StepReport Step(ModelWeights weights, OptimizerStep step)
    {
        double norm = Math.Sqrt(SumOfSquares());
        bool isFinite = double.IsFinite(norm);
        bool isClipped = isFinite && step.ClipNorm > 0 && norm > step.ClipNorm;
        if (isFinite)
        {
            Count++;
            Update(weights, new AdamWStep(
                Count, step.LearningRate, step.Beta1, step.Beta2, step.Epsilon, step.WeightDecay, isClipped ? step.ClipNorm / norm : 1));
        }
        else
        {
            Gradients.Clear();
        }

        return new StepReport(norm, isClipped, !isFinite);
    }

    /// <summary>Zero moments, no steps taken.</summary>
    public void Reset()
    {
        FirstMoments.Clear();
        SecondMoments.Clear();
        Count = 0;
    }

    public void Dispose()
    {
        Gradients.Dispose();
        FirstMoments.Dispose();
        SecondMoments.Dispose();
    }

    private double SumOfSquares()
    {
        double sum = 0;
        for (nint from = 0; from < layout.Length; from += Piece)
            sum += GradientNorm.SumOfSquares(Gradients.Span(from, (int)nint.Min(Piece, layout.Length - from)));
        return sum;
    }

    private void Update(ModelWeights weights, in AdamWStep step)
    {
        foreach ((WeightSlice slice, PackedMatrix matrix) in weights.Matrices)
            AdamW.Step(slice.Of(weights.Values), slice.Of(Gradients), slice.Of(FirstMoments), slice.Of(SecondMoments), step, matrix);
        if (weights.Embedding != weights.HeadSlice)
            Update(weights.Values, weights.Embedding, step);
        Update(weights.Values, new WeightSlice(layout.MatrixLength, (int)(layout.Length - layout.MatrixLength)), step with { WeightDecay = 0 });
    }

    private void Update(FloatBuffer values, WeightSlice slice, in AdamWStep step) =>
        AdamW.Step(slice.Of(values), slice.Of(Gradients), slice.Of(FirstMoments), slice.Of(SecondMoments), step);
}
