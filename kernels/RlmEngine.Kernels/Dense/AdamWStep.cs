namespace RlmEngine.Kernels.Dense;

/// <summary>The numbers of one optimizer step.</summary>
/// <param name="Number">The step's number t, from 1: bias correction divides the moments by 1 − βᵗ.</param>
/// <param name="LearningRate">η.</param>
/// <param name="Beta1">Decay of the first moment, in [0, 1).</param>
/// <param name="Beta2">Decay of the second moment, in [0, 1).</param>
/// <param name="Epsilon">ε, added to the root of the second moment.</param>
/// <param name="WeightDecay">λ, decoupled: the weight shrinks by η·λ of itself.</param>
/// <param name="GradientScale">Factor on the gradient, such as that of clipping by the global norm.</param>
public readonly record struct AdamWStep(
    int Number, double LearningRate, double Beta1 = 0.9, double Beta2 = 0.999, double Epsilon = 1e-8, double WeightDecay = 0, double GradientScale = 1);
