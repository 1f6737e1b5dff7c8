namespace RlmEngine.Kernels.Rollout;

/// <summary>What one row's draw gave.</summary>
/// <param name="Token">The drawn token id; 0 when the row is not valid.</param>
/// <param name="LogProb">ln p of the token under the full distribution at the row's temperature, in nats.</param>
/// <param name="TruncatedLogProb">ln p under the truncated, renormalised distribution it was drawn from, in nats.</param>
/// <param name="IsValid">False when the row holds NaN, +∞ or nothing but −∞.</param>
public readonly record struct SampledToken(int Token, float LogProb, float TruncatedLogProb, bool IsValid);
