using RlmEngine.Curriculum;
using RlmEngine.Losses;
using RlmEngine.Rollouts;
using RlmEngine.Tokenization;

namespace RlmEngine.Policies;

/// <summary>The model being trained: it decodes, scores and learns, so that rollout and trainer are one model.</summary>
public interface IPolicy : ITokenScorer, IDecoder, IDisposable
{
    /// <summary>Moves at each <see cref="Step"/>; every cache is keyed by it.</summary>
    int Version { get; }

    /// <summary>Longest sequence, in tokens.</summary>
    int ContextLength { get; }

    /// <summary>Vocabulary size V.</summary>
    int VocabularySize { get; }

    /// <summary>Trainable numbers; tied weights counted once.</summary>
    long ParameterCount { get; }

    /// <summary>What a token costs; without a better count two operations a parameter.</summary>
    ModelOperations Operations => new(2.0 * ParameterCount, 0, 0);

    /// <summary>Moves a snapshot of this policy towards it, w ← w + share · (θ − w): a slow copy of the policy.</summary>
    /// <param name="snapshot">What <see cref="Snapshot"/> gave, or the same loaded again.</param>
    /// <param name="share">1 − τ, in [0, 1].</param>
    /// <exception cref="NotSupportedException">This policy's kind keeps no slow copies.</exception>
    void MoveSnapshot(IPolicy snapshot, double share) => throw new NotSupportedException("this kind of policy keeps no slow copies");

    /// <summary>Forward, the objective's per-token derivatives, backward; gradients add up until <see cref="Step"/>.</summary>
    LossReport Accumulate(TokenBatch batch, TargetRecords records, IObjective objective);

    /// <summary>Clips the accumulated gradient by its global norm, applies AdamW, clears the gradient, moves the version.</summary>
    StepReport Step(OptimizerStep step);

    /// <summary>Sets the optimizer's moments and count to zero, as at the beginning of a stage whose gradients have another scale.</summary>
    void ResetOptimizer();

    /// <summary>A frozen copy of the weights, for a reference or an averaged policy; it cannot learn.</summary>
    IPolicy Snapshot();

    /// <summary>Writes config.json and model.safetensors into an existing folder (Hugging Face layout).</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="type">How the weights are stored; float32 is exact.</param>
    void SaveWeights(string folder, WeightType type = WeightType.Float32);

    /// <summary>Writes the optimizer's moments and count into an existing folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="withWeights">True writes the weights beside them in float32, for a folder whose model files are rounded.</param>
    void SaveOptimizer(string folder, bool withWeights = false);

    /// <summary>Reads what <see cref="SaveOptimizer"/> wrote; weights that stand beside the moments replace the policy's.</summary>
    /// <exception cref="InvalidDataException">The file is missing, cut off or of another model.</exception>
    void LoadOptimizer(string folder);

    /// <summary>SHA-256 over all weights in a fixed order, lower-case hex.</summary>
    string WeightsHash();
}

/// <summary>Settings of one optimizer step: AdamW with decoupled decay (Loshchilov and Hutter 2019), after global-norm clipping.</summary>
/// <param name="LearningRate">Step size, ≥ 0.</param>
/// <param name="Beta1">Decay of the first moment.</param>
/// <param name="Beta2">Decay of the second moment.</param>
/// <param name="Epsilon">Added to √v̂.</param>
/// <param name="WeightDecay">Decoupled decay of matrices (not of norms and biases).</param>
/// <param name="ClipNorm">Global gradient norm above which gradients are scaled down; 0 turns clipping off.</param>
public readonly record struct OptimizerStep(
    double LearningRate, double Beta1, double Beta2, double Epsilon, double WeightDecay, double ClipNorm);

/// <summary>What a step did.</summary>
/// <param name="GradientNorm">Global norm before clipping.</param>
/// <param name="IsClipped">True when it was scaled down.</param>
/// <param name="IsSkipped">True when the norm was not finite and nothing was changed.</param>
public readonly record struct StepReport(double GradientNorm, bool IsClipped, bool IsSkipped);
