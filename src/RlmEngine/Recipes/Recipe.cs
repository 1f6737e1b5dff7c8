using RlmEngine.Corpus;
using RlmEngine.Evaluation;
using RlmEngine.Policies;
using RlmEngine.Tasks;
using RlmEngine.Tokenization;

namespace RlmEngine.Recipes;

/// <summary>A whole run: corpus, tokenizer, model, stages, evaluation. Read from strict JSON with comments; see src/recipes.</summary>
public sealed record Recipe
{
    /// <summary>Name of the run; the run folder is runs/NAME unless --out says otherwise.</summary>
    public required string Name { get; init; }

    /// <summary>Key of every random stream.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Worker threads; 0 means all cores. Never changes a result.</summary>
    public int Threads { get; init; }

    /// <summary>What is read.</summary>
    public CorpusOptions Corpus { get; init; } = new();

    /// <summary>How it is cut into tokens.</summary>
    public TokenizerOptions Tokenizer { get; init; } = new();

    /// <summary>The model, made new or loaded.</summary>
    public ModelOptions Model { get; init; } = new();

    /// <summary>AdamW and clipping.</summary>
    public OptimizerOptions Optimizer { get; init; } = new();

    /// <summary>The stages, in order.</summary>
    public required IReadOnlyList<StageOptions> Stages { get; init; }

    /// <summary>Evaluation before the first mid-training stage and after the last.</summary>
    public EvaluationOptions Evaluation { get; init; } = new();

    /// <summary>Checkpoints.</summary>
    public CheckpointOptions Checkpoints { get; init; } = new();

    /// <summary>The tasks of all stages, then the evaluation's own.</summary>
    public IEnumerable<TaskOptions> Tasks() => Stages.SelectMany(stage => stage.Tasks).Concat(Evaluation.Tasks);

    /// <summary>The recipe with each of them changed.</summary>
    public Recipe WithTasks(Func<TaskOptions, TaskOptions> change) => this with
    {
        Stages = [.. Stages.Select(stage => stage with { Tasks = [.. stage.Tasks.Select(change)] })],
        Evaluation = Evaluation with { Tasks = [.. Evaluation.Tasks.Select(change)] },
    };
}

/// <summary>Shape of a new model, or the folder of one to load.</summary>
public sealed record ModelOptions
{
    /// <summary>Folder of a checkpoint to start from (weights and tokenizer); the shape below is then unused.</summary>
    public string? Checkpoint { get; init; }

    /// <summary>llama, qwen2 (q/k/v bias) or qwen3 (q/k norm).</summary>
    public ModelFamily Family { get; init; } = ModelFamily.Qwen3;

    /// <summary>Width of the residual stream.</summary>
    public int HiddenSize { get; init; } = 128;

    /// <summary>Decoder layers.</summary>
    public int Layers { get; init; } = 4;

    /// <summary>Query heads.</summary>
    public int Heads { get; init; } = 4;

    /// <summary>Key and value heads; divides Heads.</summary>
    public int KeyValueHeads { get; init; } = 2;

    /// <summary>Size of one head; even.</summary>
    public int HeadSize { get; init; } = 32;

    /// <summary>Width of the SwiGLU layer.</summary>
    public int IntermediateSize { get; init; } = 384;

    /// <summary>True when the output head is the embedding matrix.</summary>
    public bool TieEmbeddings { get; init; } = true;

    /// <summary>Base of the rotary frequencies.</summary>
    public double RopeTheta { get; init; } = 10_000;

    /// <summary>Added to the mean square in RMSNorm.</summary>
    public double RmsNormEpsilon { get; init; } = 1e-6;

    /// <summary>Longest sequence.</summary>
    public int ContextLength { get; init; } = 256;

    /// <summary>Standard deviation of initial weights.</summary>
    public double InitializerRange { get; init; } = 0.02;

    /// <summary>
    /// What products and embeddings read, of a loaded model too: float32 weights, or their bfloat16 roundings at half the memory traffic.
    /// Weights, gradients and moments stay float32.
    /// </summary>
    public WeightType Compute { get; init; } = WeightType.Float32;

    /// <summary>What backward computes again instead of keeping it, of a loaded model too: memory against time, never a bit of a result.</summary>
    public Recomputation Recompute { get; init; } = Recomputation.None;
}

/// <summary>Families of decoder-only transformers that are supported.</summary>
public enum ModelFamily
{
    /// <summary>Llama: no bias, no q/k norm.</summary>
    Llama,

    /// <summary>Qwen2 and Qwen2.5: bias on q, k and v.</summary>
    Qwen2,

    /// <summary>Qwen3: RMSNorm on each head's q and k.</summary>
    Qwen3,
}

/// <summary>AdamW and clipping.</summary>
public sealed record OptimizerOptions
{
    /// <summary>Decay of the first moment, in [0, 1).</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the second moment, in [0, 1).</summary>
    public double Beta2 { get; init; } = 0.95;

    /// <summary>Added to √v̂, &gt; 0.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Decoupled weight decay, ≥ 0.</summary>
    public double WeightDecay { get; init; } = 0.01;

    /// <summary>Global gradient norm to clip to; 0 turns clipping off.</summary>
    public double ClipNorm { get; init; } = 1.0;
}

/// <summary>When and how checkpoints are written.</summary>
public sealed record CheckpointOptions
{
    /// <summary>Every so many steps of all stages together; 0 means only at the end of each stage.</summary>
    public int Every { get; init; } = 100;

    /// <summary>How many are kept, the newest; the last one is always kept.</summary>
    public int Keep { get; init; } = 2;

    /// <summary>How the model files store the weights: float32, or bfloat16 with the exact ones beside the optimizer's moments.</summary>
    public WeightType Weights { get; init; } = WeightType.Float32;
}
