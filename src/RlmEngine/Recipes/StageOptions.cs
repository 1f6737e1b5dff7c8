using RlmEngine.Advantages;
using RlmEngine.Curriculum;
using RlmEngine.Losses;
using RlmEngine.Rewards;

namespace RlmEngine.Recipes;

/// <summary>One stage: next-token prediction on documents, or reinforcement of one or more tasks with NTP beside it.</summary>
public sealed record StageOptions
{
    /// <summary>Name of the stage, unique in the recipe.</summary>
    public required string Name { get; init; }

    /// <summary>ntp, or reinforce.</summary>
    public required StageMethod Method { get; init; }

    /// <summary>Optimizer steps.</summary>
    public required int Steps { get; init; }

    /// <summary>Learning rate over the stage.</summary>
    public required LearningRateOptions LearningRate { get; init; }

    /// <summary>Sequences are cut to this many tokens; 0 means the model's context.</summary>
    public int SequenceLength { get; init; }

    /// <summary>Tokens of documents per step (ntp), or beside the prompts' documents as extra NTP (reinforce; 0 for none).</summary>
    public int DocumentTokens { get; init; } = 8192;

    /// <summary>Rows computed at once at most; never changes the result but for rounding.</summary>
    public int MicroBatchTokens { get; init; } = 16_384;

    /// <summary>ntp on the embedded world only: share of documents with visible thoughts.</summary>
    public double ThoughtShare { get; init; }

    /// <summary>reinforce: tasks, drawn by weight for each prompt.</summary>
    public IReadOnlyList<TaskOptions> Tasks { get; init; } = [];

    /// <summary>reinforce: prompts per step, P.</summary>
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
}

/// <summary>How a stage trains.</summary>
public enum StageMethod
{
    /// <summary>Teacher-forced next-token prediction.</summary>
    Ntp,

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

/// <summary>How completions are drawn.</summary>
public sealed record SamplingOptions
{
    /// <summary>Temperature; 0 is greedy (evaluation only).</summary>
    public double Temperature { get; init; } = 1.0;

    /// <summary>Top-k; 0 keeps all.</summary>
    public int TopK { get; init; }

    /// <summary>Top-p in (0, 1].</summary>
    public double TopP { get; init; } = 1.0;

    /// <summary>Min-p in [0, 1].</summary>
    public double MinP { get; init; }

    /// <summary>Rows decoded side by side at most.</summary>
    public int MaxRows { get; init; } = 256;

    /// <summary>The truncated importance weight's cap, used when top-k, top-p or min-p is on; see METHOD "truncated sampling".</summary>
    public double ImportanceCap { get; init; } = 2.0;
}

/// <summary>DAPO's dynamic sampling: groups whose rewards are all equal are drawn again.</summary>
public sealed record DynamicSamplingOptions
{
    /// <summary>From which step of the stage; −1 means never.</summary>
    public int FromStep { get; init; } = -1;

    /// <summary>How many times a step may draw at most.</summary>
    public int MaxDraws { get; init; } = 4;
}

/// <summary>One task of a reinforce stage.</summary>
public sealed record TaskOptions
{
    /// <summary>nextToken or spanRestoration.</summary>
    public required TaskType Type { get; init; }

    /// <summary>Share of the stage's prompts, relative to the other tasks'.</summary>
    public double Weight { get; init; } = 1.0;

    /// <summary>Longest thought, in tokens.</summary>
    public int MaxThinkTokens { get; init; } = 64;

    /// <summary>Longest answer, in tokens; nextToken with match "token" needs 1.</summary>
    public int MaxAnswerTokens { get; init; } = 1;

    /// <summary>Text of the prompt around the document; null takes the task's own.</summary>
    public PromptOptions? Prompt { get; init; }

    /// <summary>Thought budget; null for none (no instruction, no length reward).</summary>
    public BudgetOptions? Budget { get; init; }

    /// <summary>nextToken: tiers and schedule; null draws every position alike.</summary>
    public CurriculumOptions? Curriculum { get; init; }

    /// <summary>Reward.</summary>
    public RewardOptions Reward { get; init; } = new();

    /// <summary>spanRestoration: largest share of a document that is removed.</summary>
    public double MaxSpanShare { get; init; } = 0.3;

    /// <summary>spanRestoration: longest span, in tokens; shortest is 1.</summary>
    public int MaxSpanTokens { get; init; } = 32;

    /// <summary>spanRestoration: removed spans keep to whole words when true.</summary>
    public bool WholeWords { get; init; } = true;
}

/// <summary>Kinds of task.</summary>
public enum TaskType
{
    /// <summary>Predict the next token of a document after thinking (RMT, RPT, NTR).</summary>
    NextToken,

    /// <summary>Restore a removed span of a document (RLM).</summary>
    SpanRestoration,
}

/// <summary>Text of a prompt: Before + document + After; {budget} stands for B_t. Special-token strings are read as special tokens.</summary>
public sealed record PromptOptions
{
    /// <summary>Before the document.</summary>
    public string Before { get; init; } = "";

    /// <summary>After the document; ends in &lt;think&gt; where the model is to think.</summary>
    public string After { get; init; } = "<think>";

    /// <summary>Tokens of the document's prefix that are shown at most, the last ones; 0 means as many as the context holds.</summary>
    public int ContextTokens { get; init; }
}

/// <summary>Evaluation settings.</summary>
public sealed record EvaluationOptions
{
    /// <summary>Held-out next-token positions per tier.</summary>
    public int NextTokenPerTier { get; init; } = 100;

    /// <summary>Held-out restoration prompts; 0 for none.</summary>
    public int Restorations { get; init; } = 100;

    /// <summary>Completions per prompt.</summary>
    public int Samples { get; init; } = 1;

    /// <summary>Held-out documents for the loss.</summary>
    public int LossDocuments { get; init; } = 200;

    /// <summary>How evaluation samples; never the training's settings.</summary>
    public SamplingOptions Sampling { get; init; } = new() { Temperature = 0 };

    /// <summary>Bootstrap resamples of documents for the 95 % intervals.</summary>
    public int BootstrapSamples { get; init; } = 1000;
}
