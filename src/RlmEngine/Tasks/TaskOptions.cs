using RlmEngine.Curriculum;
using RlmEngine.Rewards;

namespace RlmEngine.Tasks;

/// <summary>One task of a reinforce stage.</summary>
public sealed record TaskOptions
{
    /// <summary>nextToken, spanRestoration or verifiableAnswer.</summary>
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

    /// <summary>verifiableAnswer: where problems come from; null takes the embedded world's.</summary>
    public ProblemOptions? Problems { get; init; }
}

/// <summary>Kinds of task.</summary>
public enum TaskType
{
    /// <summary>Predict the next token of a document after thinking (RMT, RPT, NTR).</summary>
    NextToken,

    /// <summary>Restore a removed span of a document (RLM).</summary>
    SpanRestoration,

    /// <summary>Answer a problem whose answer can be checked (post-training).</summary>
    VerifiableAnswer,
}

/// <summary>
/// Text of a prompt: Before + document + After; {budget} stands for B_t, {mask} for the mark of a removed span. Special-token strings
/// are read as special tokens.
/// </summary>
public sealed record PromptOptions
{
    /// <summary>Chat template the text is rendered by, the document inside the user's message: "plain" for none, "auto" for that of model.checkpoint.</summary>
    public string Chat { get; init; } = "plain";

    /// <summary>Chat only: the system message; null for none of ours.</summary>
    public string? System { get; init; }

    /// <summary>Before the document; null takes the task's own.</summary>
    public string? Before { get; init; }

    /// <summary>After the document, in plain text up to &lt;think&gt; where the prompt opens the thought; null takes the task's own.</summary>
    public string? After { get; init; }

    /// <summary>Chat only: the prompt opens the thought where the template does not; false leaves that to the model.</summary>
    public bool OpenThought { get; init; } = true;

    /// <summary>spanRestoration: text that marks the span's place; null takes the vocabulary's mask token, "[MASK]" where it has none.</summary>
    public string? Mask { get; init; }

    /// <summary>Tokens of the document's prefix that are shown at most, the last ones; 0 means as many as the context holds.</summary>
    public int ContextTokens { get; init; }
}
