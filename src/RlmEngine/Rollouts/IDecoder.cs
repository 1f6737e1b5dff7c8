using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Rollouts;

/// <summary>A model that generates.</summary>
public interface IDecoder
{
    /// <summary>Opens a session with its own key-value cache; the session belongs to the policy version it was opened at.</summary>
    /// <param name="maxRows">Rows decoded side by side at most.</param>
    /// <param name="seed">The run's seed: key of the sampling generator.</param>
    IDecodingSession OpenSession(int maxRows, ulong seed);
}

/// <summary>Tokens that a session was asked for, and those it computed.</summary>
/// <param name="PromptTokens">Prompt tokens of all rows started: what prefilling would cost if nothing were shared.</param>
/// <param name="PrefillTokens">Prompt tokens computed.</param>
/// <param name="SampledTokens">Tokens drawn.</param>
/// <param name="DecodedTokens">Tokens computed for them; rows that have read the same tokens need one.</param>
public readonly record struct DecodingCounts(long PromptTokens, long PrefillTokens, long SampledTokens, long DecodedTokens)
{
    /// <summary>Adds up.</summary>
    public static DecodingCounts operator +(DecodingCounts a, DecodingCounts b) => new(
        a.PromptTokens + b.PromptTokens, a.PrefillTokens + b.PrefillTokens, a.SampledTokens + b.SampledTokens, a.DecodedTokens + b.DecodedTokens);
}

/// <summary>Batched decoding over a paged key-value cache whose prompt pages are shared by the completions of a group.</summary>
public interface IDecodingSession : IDisposable
{
    /// <summary>What the session computed so far, and what it was asked for.</summary>
    DecodingCounts Counts => default;

    /// <summary>Runs prompts through the model once, batched; each becomes a prefix that rows can start from.</summary>
    /// <param name="prompts">Token ids of each prefix; one without tokens (of a prompt of one token) costs nothing.</param>
    /// <returns>A handle for each prefix, to be released by <see cref="ReleasePrefix"/>.</returns>
    int[] Prefill(IReadOnlyList<ReadOnlyMemory<int>> prompts);

    /// <summary>Starts a row that continues a prefix, sharing its pages; costs no computation.</summary>
    int StartRow(int prefix);

    /// <summary>Gives a row's pages back.</summary>
    void ReleaseRow(int row);

    /// <summary>Gives a prefix's pages back once no row shares them.</summary>
    void ReleasePrefix(int prefix);

    /// <summary>Feeds one token to each row named and draws each row's next token.</summary>
    /// <param name="rows_R">Rows by handle, each at most once.</param>
    /// <param name="tokens_R">The token each row is fed.</param>
    /// <param name="parameters_R">Each row's sampling parameters.</param>
    /// <param name="counters_R">Each row's place in the random stream.</param>
    /// <param name="sampled_R">The draw, its log-probs and validity.</param>
    /// <exception cref="InvalidOperationException">The policy has moved on since the session was opened.</exception>
    void Decode(
        ReadOnlySpan<int> rows_R, ReadOnlySpan<int> tokens_R, ReadOnlySpan<SamplingParameters> parameters_R,
        ReadOnlySpan<PhiloxCounter> counters_R, Span<SampledToken> sampled_R);
}
