using RlmEngine.Corpus;
using RlmEngine.Curriculum;

namespace RlmEngine.Rollouts;

/// <summary>One task for the model: what it reads and what would be right.</summary>
public sealed record Prompt
{
    /// <summary>Token ids the model reads, ending in &lt;think&gt; when it is to think.</summary>
    public required int[] Tokens { get; init; }

    /// <summary>The true continuation or the removed span, as token ids; the first is the token to predict.</summary>
    public required int[] Reference { get; init; }

    /// <summary>Thought budget B_t in tokens; 0 when none was given.</summary>
    public int Budget { get; init; }

    /// <summary>Difficulty tier of the token, where the task has tiers.</summary>
    public Tier? Tier { get; init; }

    /// <summary>The document the prompt was made from, as token ids; prompts of one document share one array. Null for none.</summary>
    public int[]? Source { get; init; }

    /// <summary>True when Source ends where its document does; false for a window cut before the end, after which no end token follows.</summary>
    public bool EndsDocument { get; init; } = true;

    /// <summary>First position of Source that the completion is rewarded for; the NTP term leaves it out.</summary>
    public int Position { get; init; } = -1;

    /// <summary>How many positions of Source that are.</summary>
    public int Span { get; init; } = 1;

    /// <summary>The problem it asks; null for a document's token or span.</summary>
    public Problem? Question { get; init; }

    /// <summary>What a model that does not think reads before the reference; null where no reward asks for it.</summary>
    public int[]? Unthought { get; init; }

    /// <summary>Which task of the stage made it, and will score it.</summary>
    public int Task { get; init; }

    /// <summary>How completions are ended.</summary>
    public required StopRule Stop { get; init; }
}

/// <summary>When a completion ends.</summary>
/// <param name="MaxThinkTokens">Tokens after &lt;think&gt; before the thought counts as cut off; 0 when the prompt has no thought.</param>
/// <param name="MaxAnswerTokens">Tokens of answer at most; 0 ends the completion with its thought.</param>
/// <param name="EndsAtEndToken">True when a token that ends a completion ends the answer before that.</param>
public readonly record struct StopRule(int MaxThinkTokens, int MaxAnswerTokens, bool EndsAtEndToken)
{
    /// <summary>True where the prompt does not open the thought: a leading &lt;think&gt; that the model writes is no token of it.</summary>
    public bool AwaitsThinkOpen { get; init; }

    /// <summary>Line feeds after &lt;/think&gt; that belong to the mark, not to the answer; chat models write two.</summary>
    public int SeparatorLineFeeds { get; init; }

    /// <summary>Strings that end the answer, which holds the one that did; null for none.</summary>
    public StopStrings? Until { get; init; }
}

/// <summary>Why a completion ended.</summary>
public enum StopReason
{
    /// <summary>The answer has all its tokens, or a token that ends it came.</summary>
    Answered,

    /// <summary>The thought was not closed within its limit.</summary>
    ThoughtTooLong,

    /// <summary>The answer did not end within its limit where an end token was needed.</summary>
    AnswerTooLong,

    /// <summary>A token that ends a completion came inside the thought.</summary>
    EndedInThought,

    /// <summary>The model's context is full.</summary>
    ContextFull,

    /// <summary>The model gave no valid distribution (NaN).</summary>
    Invalid,
}
