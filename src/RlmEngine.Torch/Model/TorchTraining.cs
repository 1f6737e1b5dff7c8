using RlmEngine.Policies;
using TorchSharp;
using static TorchSharp.torch;

namespace RlmEngine.Torch;

/// <summary>Accumulated gradients and AdamW's moments, float32, in the layout of the weights.</summary>
internal sealed class TorchTraining : IDisposable
{
    // Long tensors go through the operations in pieces, whose temporaries are of this many floats.
    private const long Piece = 1 << 26;
    private readonly TorchWeights _weights;

    public TorchTraining(TorchWeights weights)
    {
        _weights = weights;
        Gradients = zeros_like(weights.Masters).DetachFromDisposeScope();
        FirstMoments = zeros_like(weights.Masters).DetachFromDisposeScope();
        SecondMoments = zeros_like(weights.Masters).DetachFromDisposeScope();
        weights.Accumulate(Gradients);
    }

    public Tensor Gradients { get; }

    public Tensor FirstMoments { get; }

    public Tensor SecondMoments { get; }

    /// <summary>Steps taken.</summary>
    public int Count { get; set; }

    /// <summary>Clips, moves the masters unless the norm is not finite, rounds them for the products again, clears the gradients.</summary>
    public StepReport Step(OptimizerStep step)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable none = no_grad();
        double norm = Math.Sqrt(SumOfSquares());
        bool isFinite = double.IsFinite(norm);
        bool isClipped = isFinite && step.ClipNorm > 0 && norm > step.ClipNorm;
        if (isFinite)
        {
            Count++;
            long matrices = _weights.Layout.MatrixLength, all = _weights.Layout.Length;
            Update(0, matrices, step, isClipped ? step.ClipNorm / norm : 1);
            Update(matrices, all, step with { WeightDecay = 0 }, isClipped ? step.ClipNorm / norm : 1);
            _weights.Follow();
        }

        Gradients.zero_();
        return new StepReport(norm, isClipped, !isFinite);
    }

    /// <summary>Zero moments, no steps taken.</summary>
    public void Reset()
    {
        FirstMoments.zero_();
        SecondMoments.zero_();
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
        Tensor sum = zeros([], dtype: ScalarType.Float64, device: Gradients.device);
        for (long from = 0; from < Gradients.numel(); from += Piece)
        {
            using DisposeScope scope = NewDisposeScope();
            sum.add_(Part(Gradients, from, Gradients.numel()).to(ScalarType.Float64).square().sum());
        }

        return sum.item<double>();
    }

    // As AdamW's reference: m ← m + (1 − β₁)(g − m), v ← β₂ v + (1 − β₂) g², w ← (1 − ηλ) w − η / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε).
    private void Update(long begin, long end, in OptimizerStep step, double gradientScale)
    {
        double rate = -step.LearningRate / (1 - Math.Pow(step.Beta1, Count)), root = 1 / Math.Sqrt(1 - Math.Pow(step.Beta2, Count));
        for (long from = begin; from < end; from += Piece)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor gradient = Part(Gradients, from, end), first = Part(FirstMoments, from, end), second = Part(SecondMoments, from, end);
            if (gradientScale != 1) gradient.mul_(gradientScale);
            first.mul_(step.Beta1).add_(gradient, 1 - step.Beta1);
            second.mul_(step.Beta2).addcmul_(gradient, gradient, 1 - step.Beta2);
            Tensor deviation = second.sqrt().mul_(root).add_(step.Epsilon);
            Part(_weights.Masters, from, end).mul_(1 - (step.LearningRate * step.WeightDecay)).addcdiv_(first, deviation, rate);
        }
    }

    private static Tensor Part(Tensor flat, long from, long end) => flat.narrow(0, from, Math.Min(Piece, end - from));
}
