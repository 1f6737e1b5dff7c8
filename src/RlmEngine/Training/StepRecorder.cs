using RlmEngine.Curriculum;
using RlmEngine.Losses;
using RlmEngine.Metrics;
using RlmEngine.Policies;
using RlmEngine.Rewards;
using RlmEngine.Rollouts;

namespace RlmEngine.Training;

/// <summary>Writes what a step did into its metrics.</summary>
internal static class StepRecorder
{
    /// <summary>Rows computed forward and backward in a step.</summary>
    public const string TrainTokens = MetricNames.TokensTrain;

    public static void Rollouts(StepMetrics metrics, RolloutBatch rollouts, RewardBatch rewards, double zeroVariance, int generated)
    {
        double mean = rewards.Total_PG.Average();
        metrics.Set(MetricNames.RewardMean, mean);
        metrics.Set(MetricNames.RewardStd, Math.Sqrt(rewards.Total_PG.Average(r => (r - mean) * (r - mean))));
        metrics.Set(MetricNames.RewardMatch, rewards.Match_PG.Average());
        metrics.Set(MetricNames.RewardLength, rewards.Length_PG.Average());
        metrics.Set(MetricNames.FractionRewardZeroStd, zeroVariance);
        metrics.Set("groups/generated", generated);
        Lengths(metrics, rollouts);
        metrics.Set(MetricNames.FormatFailure, (double)rewards.FormatFailures / rollouts.Completions.Count);
        foreach ((StopReason reason, int count) in rewards.Stops)
            metrics.Set(MetricNames.StopPrefix + char.ToLowerInvariant(reason.ToString()[0]) + reason.ToString()[1..],
                (double)count / rollouts.Completions.Count);
        Tiers(metrics, rollouts);
    }

    public static void Update(StepMetrics metrics, LossReport loss, StepReport update, double learningRate)
    {
        metrics.Set(MetricNames.LossTotal, loss.Loss);
        if (loss.RlTokens > 0)
        {
            metrics.Set(MetricNames.LossRl, loss.RlLoss);
            metrics.Set(MetricNames.PolicyEntropy, loss.EntropySum / loss.RlTokens);
            metrics.Set(MetricNames.PolicyKl, loss.KlSum / loss.RlTokens);
            metrics.Set(MetricNames.PolicyClipLow, (double)loss.ClippedLow / loss.RlTokens);
            metrics.Set(MetricNames.PolicyClipHigh, (double)loss.ClippedHigh / loss.RlTokens);
            metrics.Set(MetricNames.PolicyRatioMean, loss.RatioSum / loss.RlTokens);
            metrics.Set(MetricNames.PolicyLogProbMismatchMax, loss.MaxLogProbMismatch);
            metrics.Set(MetricNames.PolicyLogProbMismatchMean, loss.LogProbMismatchSum / loss.RlTokens);
            metrics.Set(MetricNames.PolicyDroppedLogProbs, loss.DroppedOldLogProbs);
        }
        if (loss.NtpTokens > 0)
            metrics.Set(MetricNames.LossNtp, loss.NtpLoss);
        metrics.Set(MetricNames.OptimizerGradientNorm, update.GradientNorm);
        metrics.Set(MetricNames.OptimizerLearningRate, learningRate);
        if (update.IsSkipped)
            metrics.Set("optimizer/skipped", 1L);
    }

    public static void Times(StepMetrics metrics, PhaseClock clock, DecodingCounts rollouts, long trainTokens)
    {
        if (rollouts.SampledTokens > 0)
        {
            metrics.Set(MetricNames.TokensRollout, rollouts.SampledTokens);
            metrics.Set(MetricNames.TokensDecoded, rollouts.DecodedTokens);
            metrics.Set(MetricNames.TokensPrompt, rollouts.PromptTokens);
            metrics.Set(MetricNames.TokensPrefill, rollouts.PrefillTokens);
            metrics.Set(MetricNames.TimeRollout, clock[Phase.Rollout]);
            metrics.Set(MetricNames.TimeScore, clock[Phase.Score]);
            metrics.Set(MetricNames.RateRolloutTokens, rollouts.SampledTokens / clock[Phase.Rollout]);
        }
        metrics.Set(TrainTokens, trainTokens);
        metrics.Set(MetricNames.TimeUpdate, clock[Phase.Update]);
        metrics.Set(MetricNames.TimeOther, clock[Phase.Other]);
        metrics.Set(MetricNames.RateTrainTokens, trainTokens / clock[Phase.Update]);
    }

    private static void Lengths(StepMetrics metrics, RolloutBatch rollouts)
    {
        metrics.Set(MetricNames.CompletionLengthMean, rollouts.Completions.Average(c => c.Tokens_T.Length));
        metrics.Set(MetricNames.CompletionLengthMin, (long)rollouts.Completions.Min(c => c.Tokens_T.Length));
        metrics.Set(MetricNames.CompletionLengthMax, (long)rollouts.Completions.Max(c => c.Tokens_T.Length));
        double[] terminated = [.. rollouts.Completions.Where(c => c.Stop == StopReason.Answered).Select(c => (double)c.Tokens_T.Length)];
        metrics.Set(MetricNames.CompletionTerminatedLengthMean, terminated.Length == 0 ? double.NaN : terminated.Average());
        metrics.Set(MetricNames.ThinkLengthMean, rollouts.Completions.Average(c => c.ThinkLength));
        double[] budgets = [.. rollouts.Prompts.Where(p => p.Budget > 0).Select(p => (double)p.Budget)];
        if (budgets.Length > 0)
            metrics.Set(MetricNames.ThinkBudget, budgets.Average());
    }

    private static void Tiers(StepMetrics metrics, RolloutBatch rollouts)
    {
        int tiered = rollouts.Prompts.Count(p => p.Tier is not null);
        if (tiered == 0)
            return;
        foreach ((Tier tier, string name) in
            new[] { (Tier.Easy, MetricNames.TierEasy), (Tier.Medium, MetricNames.TierMedium), (Tier.Hard, MetricNames.TierHard) })
            metrics.Set(name, (double)rollouts.Prompts.Count(p => p.Tier == tier) / tiered);
    }
}
