using RlmEngine.Rollouts;

namespace RlmEngine.Rewards;

/// <summary>The terms of one completion's reward.</summary>
/// <param name="Match">The match term; 0 for a format failure.</param>
/// <param name="Length">The length term; 0 without a budget or for a format failure.</param>
/// <param name="Total">What is optimised.</param>
/// <param name="IsFormatFailure">True without a closed thought or without an answer.</param>
public readonly record struct RewardTerms(double Match, double Length, double Total, bool IsFormatFailure)
{
    /// <summary>r = (1 − w) · match + w · r_len(ℓ); match alone without a budget; the format-failure reward for a malformed completion.</summary>
    /// <param name="options">w, r_max and the format-failure reward.</param>
    /// <param name="rollout">The completion.</param>
    /// <param name="budget">B_t of its prompt; 0 for none.</param>
    /// <param name="match">Its match score; not read for a malformed completion.</param>
    public static RewardTerms Of(RewardOptions options, Rollout rollout, int budget, double match)
    {
        if (!rollout.IsWellFormed)
            return new RewardTerms(0, 0, options.FormatFailure, true);
        if (budget <= 0)
            return new RewardTerms(match, 0, match, false);
        double length = LengthReward.Of(rollout.ThinkLength, budget, options.LengthPeak);
        return new RewardTerms(match, length, (1 - options.LengthWeight) * match + options.LengthWeight * length, false);
    }
}
