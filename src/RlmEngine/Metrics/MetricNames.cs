namespace RlmEngine.Metrics;

/// <summary>Standard names of a step's metrics.</summary>
public static class MetricNames
{
    /// <summary>Mean total reward.</summary>
    public const string RewardMean = "reward/mean";

    /// <summary>Standard deviation of the total reward over the step.</summary>
    public const string RewardStd = "reward/std";

    /// <summary>Mean match term.</summary>
    public const string RewardMatch = "reward/match";

    /// <summary>Mean length term.</summary>
    public const string RewardLength = "reward/length";

    /// <summary>Share of groups whose rewards are all equal.</summary>
    public const string FractionRewardZeroStd = "frac_reward_zero_std";

    /// <summary>Mean completion length, tokens.</summary>
    public const string CompletionLengthMean = "completion/length_mean";

    /// <summary>Shortest completion, tokens.</summary>
    public const string CompletionLengthMin = "completion/length_min";

    /// <summary>Longest completion, tokens.</summary>
    public const string CompletionLengthMax = "completion/length_max";

    /// <summary>Mean length of completions that ended by themselves, tokens.</summary>
    public const string CompletionTerminatedLengthMean = "completion/terminated_length_mean";

    /// <summary>Mean think length ℓ, tokens.</summary>
    public const string ThinkLengthMean = "think/length_mean";

    /// <summary>Thought budget B_t, tokens.</summary>
    public const string ThinkBudget = "think/budget";

    /// <summary>Prefix of stop reasons; the share of completions that ended for each.</summary>
    public const string StopPrefix = "stop/";

    /// <summary>Share of completions without a closed thought or without an answer.</summary>
    public const string FormatFailure = "format_failure";

    /// <summary>Mean entropy over RL targets, nats.</summary>
    public const string PolicyEntropy = "policy/entropy";

    /// <summary>Mean KL estimate to the reference, nats.</summary>
    public const string PolicyKl = "policy/kl";

    /// <summary>Share of RL targets clipped low.</summary>
    public const string PolicyClipLow = "policy/clip_low";

    /// <summary>Share of RL targets clipped high.</summary>
    public const string PolicyClipHigh = "policy/clip_high";

    /// <summary>Mean importance ratio.</summary>
    public const string PolicyRatioMean = "policy/ratio_mean";

    /// <summary>Largest |logp_train − logp_rollout|, nats.</summary>
    public const string PolicyLogProbMismatchMax = "policy/logprob_mismatch_max";

    /// <summary>Mean |logp_train − logp_rollout|, nats.</summary>
    public const string PolicyLogProbMismatchMean = "policy/logprob_mismatch_mean";

    /// <summary>RL targets dropped because their old log-prob was not finite.</summary>
    public const string PolicyDroppedLogProbs = "policy/dropped_logprobs";

    /// <summary>L_RL / N_RL + λ · L_NTP / N_NTP.</summary>
    public const string LossTotal = "loss/total";

    /// <summary>L_RL / N_RL; about 0 at ratio 1 and centred advantages while its gradient is not.</summary>
    public const string LossRl = "loss/rl";

    /// <summary>L_NTP / N_NTP, nats per token.</summary>
    public const string LossNtp = "loss/ntp";

    /// <summary>Global gradient norm before clipping.</summary>
    public const string OptimizerGradientNorm = "optimizer/gradient_norm";

    /// <summary>Learning rate.</summary>
    public const string OptimizerLearningRate = "optimizer/learning_rate";

    /// <summary>Tokens trained on since the run began.</summary>
    public const string TokensSeen = "tokens/seen";

    /// <summary>Rows computed forward and backward in this step.</summary>
    public const string TokensTrain = "tokens/train";

    /// <summary>Tokens generated in this step.</summary>
    public const string TokensRollout = "tokens/rollout";

    /// <summary>Rows computed to draw them: completions that agree so far need one between them.</summary>
    public const string TokensDecoded = "tokens/decoded";

    /// <summary>Prompt tokens of all completions of this step: what prefilling would cost if nothing were shared.</summary>
    public const string TokensPrompt = "tokens/prompt";

    /// <summary>Prompt rows computed in this step.</summary>
    public const string TokensPrefill = "tokens/prefill";

    /// <summary>Operations of prompts and draws in this step.</summary>
    public const string FlopsRollout = "flops/rollout";

    /// <summary>Operations of forward passes for rewards and references in this step.</summary>
    public const string FlopsScoring = "flops/scoring";

    /// <summary>Operations of forward and backward in this step.</summary>
    public const string FlopsUpdate = "flops/update";

    /// <summary>All operations of this step.</summary>
    public const string FlopsTotal = "flops/total";

    /// <summary>Prefix of what an evaluation during a stage found, see evaluation.every.</summary>
    public const string EvaluationPrefix = "evaluation/";

    /// <summary>Seconds generating.</summary>
    public const string TimeRollout = "time/rollout";

    /// <summary>Seconds scoring: reference log-probs, rewards that need the model.</summary>
    public const string TimeScore = "time/score";

    /// <summary>Seconds in forward, backward and optimizer.</summary>
    public const string TimeUpdate = "time/update";

    /// <summary>Seconds in everything else.</summary>
    public const string TimeOther = "time/other";

    /// <summary>Tokens generated per second of generation.</summary>
    public const string RateRolloutTokens = "rate/rollout_tokens_per_second";

    /// <summary>Tokens trained on per second of update.</summary>
    public const string RateTrainTokens = "rate/train_tokens_per_second";

    /// <summary>Share of prompts of the easy tier.</summary>
    public const string TierEasy = "tier/easy";

    /// <summary>Share of prompts of the medium tier.</summary>
    public const string TierMedium = "tier/medium";

    /// <summary>Share of prompts of the hard tier.</summary>
    public const string TierHard = "tier/hard";

    /// <summary>Draws whose tier shares were renormalised because a tier had no positions.</summary>
    public const string TierRenormalized = "tier/renormalized";
}
