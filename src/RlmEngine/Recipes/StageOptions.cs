using RlmEngine.Advantages;
using RlmEngine.Losses;
using RlmEngine.Rollouts;
using RlmEngine.Tasks;

namespace RlmEngine.Recipes;

/// <summary>One stage: next-token prediction on documents, or reinforcement of one or more tasks with NTP beside it.</summary>
public sealed record StageOptions
{
    /// <summary>Name of the stage, unique in the recipe.</summary>
    public required string Name { get; init; }

    /// <summary>ntp, sft or reinforce.</summary>
    public required StageMethod Method { get; init; }

    /// <summary>Optimizer steps; 0 where flops or matchFlops says how many.</summary>
    public required int Steps { get; init; }

    /// <summary>ntp and sft: takes steps until so many operations are spent, in place of steps; 0 for none.</summary>
    public double Flops { get; init; }

    /// <summary>ntp and sft: as flops, as many as a finished run spent on all its steps; its folder, or null.</summary>
    public string? MatchFlops { get; init; }

    /// <summary>Learning rate over the stage.</summary>
    public required LearningRateOptions LearningRate { get; init; }

    /// <summary>Sequences are cut to this many tokens; 0 means the model's context.</summary>
    public int SequenceLength { get; init; }

    /// <summary>Tokens of documents per step; null means 8192 for ntp, and for reinforce none beside the documents of the prompts.</summary>
    public int? DocumentTokens { get; init; }

    /// <summary>First pass over the corpus that the stage reads: a stage that goes on from another's documents begins with a later one.</summary>
    public int FirstPass { get; init; }

    /// <summary>Rows computed at once at most; never changes the result but for rounding.</summary>
    public int MicroBatchTokens { get; init; } = 16_384;

    /// <summary>ntp on the embedded world only: share of documents with visible thoughts.</summary>
    public double ThoughtShare { get; init; }

    /// <summary>
    /// ntp: share of the other documents' windows with thoughts made of the document alone: before some tokens, the instruction of a nextToken task and a
    /// thought that says the last tokens once more and then the next one. For documents of one's own, which show no thoughts.
    /// </summary>
    public double RecallShare { get; init; }

    /// <summary>
    /// reinforce: tasks, drawn by weight for each prompt. sft: tasks whose prompts are answered without a thought. ntp: tasks whose
    /// thoughts are shown, by weight; none shows those of the recipe's other stages.
    /// </summary>
    public IReadOnlyList<TaskOptions> Tasks { get; init; } = [];

    /// <summary>reinforce, and sft with tasks: prompts per step, P.</summary>
    public int Prompts { get; init; } = 16;

    /// <summary>reinforce: completions per prompt, G.</summary>
    public int GroupSize { get; init; } = 8;

    /// <summary>reinforce: how completions are drawn.</summary>
    public SamplingOptions Sampling { get; init; } = new();

    /// <summary>reinforce: group-relative advantages.</summary>
    public AdvantageOptions Advantage { get; init; } = new();

    /// <summary>reinforce: the token loss and λ.</summary>
    public ObjectiveOptions Objective { get; init; } = new();

    /// <summary>reinforce: redraw groups without reward variance.</summary>
    public DynamicSamplingOptions DynamicSampling { get; init; } = new();

    /// <summary>reinforce with reward.match informationGain: decay τ of the slow copy of the policy, w ← τ w + (1 − τ) θ after each step (RLP: 0.999).</summary>
    public double AverageDecay { get; init; } = 0.999;
}

/// <summary>How a stage trains.</summary>
public enum StageMethod
{
    /// <summary>Teacher-forced next-token prediction.</summary>
    Ntp,

    /// <summary>Supervised fine-tuning: documents, and answers to the tasks' prompts without a thought.</summary>
    Sft,

    /// <summary>Rollouts, rewards, group-relative policy optimisation, and λ times NTP.</summary>
    Reinforce,
}

/// <summary>Learning rate over a stage: linear warm-up, then a schedule.</summary>
public sealed record LearningRateOptions
{
    /// <summary>Rate after warm-up.</summary>
    public required double Peak { get; init; }

    /// <summary>Rate at the last step of a linear or cosine schedule, as a share of Peak.</summary>
    public double FinalShare { get; init; } = 0.1;

    /// <summary>Steps from 0 to Peak.</summary>
    public int WarmupSteps { get; init; }

    /// <summary>constant, linear or cosine.</summary>
    public LearningRateSchedule Schedule { get; init; } = LearningRateSchedule.Constant;
}

/// <summary>Shapes of a learning rate after warm-up.</summary>
public enum LearningRateSchedule
{
    /// <summary>Peak to the end.</summary>
    Constant,

    /// <summary>A straight line to the final share.</summary>
    Linear,

    /// <summary>Half a cosine to the final share.</summary>
    Cosine,
}

/// <summary>DAPO's dynamic sampling: groups whose rewards are all equal are drawn again.</summary>
public sealed record DynamicSamplingOptions
{
    /// <summary>From which step of the stage; −1 means never.</summary>
    public int FromStep { get; init; } = -1;

    /// <summary>How many times a step may draw at most.</summary>
    public int MaxDraws { get; init; } = 4;
}
