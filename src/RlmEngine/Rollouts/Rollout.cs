namespace RlmEngine.Rollouts;

/// <summary>One completion of a prompt: tokens, the log-probs they were drawn at, and why it ended.</summary>
public sealed record Rollout
{
    /// <summary>The drawn tokens: thought, &lt;/think&gt;, answer, end.</summary>
    public required int[] Tokens_T { get; init; }

    /// <summary>ln p of each token under the full distribution at the sampling temperature.</summary>
    public required float[] LogProbs_T { get; init; }

    /// <summary>ln p of each token under the truncated distribution it was drawn from.</summary>
    public required float[] TruncatedLogProbs_T { get; init; }

    /// <summary>Why it ended.</summary>
    public required StopReason Stop { get; init; }

    /// <summary>Think length ℓ: tokens strictly between &lt;think&gt; and &lt;/think&gt;.</summary>
    public required int ThinkLength { get; init; }

    /// <summary>Where the answer begins in Tokens_T, or −1 when there is none.</summary>
    public required int AnswerStart { get; init; }

    /// <summary>Where the answer ends in Tokens_T, before the token that ended it; −1 when there is none.</summary>
    public required int AnswerEnd { get; init; }

    /// <summary>The answer's tokens, without the one that ended it; empty when the format failed.</summary>
    public ReadOnlySpan<int> Answer =>
        AnswerStart < 0 || Stop is not (StopReason.Answered or StopReason.AnswerTooLong) ? [] : Tokens_T.AsSpan(AnswerStart..AnswerEnd);

    /// <summary>True when a thought was closed and an answer followed.</summary>
    public bool IsWellFormed => Stop == StopReason.Answered && AnswerStart >= 0;
}

/// <summary>P prompts with G completions each; completion g of prompt p is Completions[p * G + g].</summary>
/// <param name="Prompts">The P prompts.</param>
/// <param name="GroupSize">G.</param>
/// <param name="Completions">P · G completions, prompt-major.</param>
public sealed record RolloutBatch(IReadOnlyList<Prompt> Prompts, int GroupSize, IReadOnlyList<Rollout> Completions)
{
    /// <summary>What drawing them cost.</summary>
    public DecodingCounts Counts { get; init; }

    /// <summary>Completion g of prompt p.</summary>
    public Rollout this[int prompt, int completion] => Completions[prompt * GroupSize + completion];
}
