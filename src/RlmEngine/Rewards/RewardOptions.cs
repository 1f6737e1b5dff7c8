namespace RlmEngine.Rewards;

/// <summary>How a completion is scored: r = (1 − w) · match + w · r_len, METHOD "Reward".</summary>
public sealed record RewardOptions
{
    /// <summary>The match term.</summary>
    public MatchReward Match { get; init; } = MatchReward.Token;

    /// <summary>w: weight of the length term, in [0, 1]; unused without a budget. Open in the paper.</summary>
    public double LengthWeight { get; init; } = 0.1;

    /// <summary>r_max: the length reward's peak. Open in the paper.</summary>
    public double LengthPeak { get; init; } = 1.0;

    /// <summary>Reward of a completion without a closed thought or without an answer.</summary>
    public double FormatFailure { get; init; }
}

/// <summary>Named match rewards.</summary>
public enum MatchReward
{
    /// <summary>nextToken: 1 iff the predicted token is the true one (RMT).</summary>
    Token,

    /// <summary>nextToken: 1 iff the predicted bytes are an exact prefix of the true continuation ending on a token boundary (RPT).</summary>
    BytePrefix,

    /// <summary>spanRestoration and verifiableAnswer: 1 iff the normalised texts are equal.</summary>
    Exact,

    /// <summary>spanRestoration: 1 − Levenshtein / max length, on normalised text.</summary>
    EditSimilarity,

    /// <summary>spanRestoration: F1 of the bags of words of the normalised texts.</summary>
    TokenF1,

    /// <summary>spanRestoration: longest common subsequence of words, as F1 (ROUGE-L).</summary>
    LongestCommonSubsequence,

    /// <summary>spanRestoration: mean ln p of the true span given document and thought, scored by the policy itself.</summary>
    MeanLogProb,

    /// <summary>
    /// nextToken (RLP) and spanRestoration: mean of ln p_θ(x | c, thought) − ln p_EMA(x | c), the true tokens' log-likelihood gained by the
    /// thought against a slow copy of the policy that does not think; nats per token, below 0 for a thought that harms.
    /// </summary>
    InformationGain,

    /// <summary>verifiableAnswer: 1 iff the final answer in the response is mathematically equal to the true one.</summary>
    MathAnswer,

    /// <summary>verifiableAnswer: 1 iff the program in the response passes all tests of its problem; runs only where the user has allowed it.</summary>
    Program,
}
