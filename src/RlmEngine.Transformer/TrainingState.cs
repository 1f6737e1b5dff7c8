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

    /// <summary>Clips, moves the weights unless the norm is not finite, clears the gradients.</summary>
    public StepReport Step(FloatBuffer values, OptimizerStep step)
    {
        double norm = Math.Sqrt(SumOfSquares());
        bool isFinite = double.IsFinite(norm);
        bool isClipped = isFinite && step.ClipNorm > 0 && norm > step.ClipNorm;
        if (isFinite)
        {
            Count++;
            AdamWStep matrices = new(
                Count, step.LearningRate, step.Beta1, step.Beta2, step.Epsilon, step.WeightDecay, isClipped ? step.ClipNorm / norm : 1);
            Update(values, 0, layout.MatrixLength, matrices);
            Update(values, layout.MatrixLength, layout.Length, matrices with { WeightDecay = 0 });
        }

        Gradients.Clear();
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

    private void Update(FloatBuffer values, nint from, nint to, AdamWStep step)
    {
        for (; from < to; from += Piece)
        {
            int length = (int)nint.Min(Piece, to - from);
            AdamW.Step(
                values.Span(from, length), Gradients.Span(from, length), FirstMoments.Span(from, length), SecondMoments.Span(from, length), step);
        }
    }
}
