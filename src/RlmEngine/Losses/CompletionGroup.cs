using RlmEngine.Rollouts;

namespace RlmEngine.Losses;

/// <summary>A prompt and its completions with their advantages, to be packed with the prompt's rows computed once.</summary>
/// <param name="Prompt">Token ids of the prompt, at least one.</param>
/// <param name="Completions">The completions.</param>
/// <param name="Temperature">The sampling temperature, above 0; divides the logits of every target.</param>
public sealed record CompletionGroup(int[] Prompt, IReadOnlyList<TrainingCompletion> Completions, float Temperature = 1f) : TrainingItem
{
    /// <summary>Turns a step's rollouts and advantages into groups, one for each prompt.</summary>
    /// <param name="rollouts">P prompts with G completions each.</param>
    /// <param name="advantages_PG">Advantages [P · G], prompt-major.</param>
    /// <param name="temperature">The sampling temperature, above 0.</param>
    /// <param name="importanceCap">
    /// Cap of the weight p_full / p_truncated at which tokens drawn from a truncated distribution enter the loss; 0 uses weight 1.
    /// </param>
    /// <exception cref="ArgumentException">The number of advantages is not P · G, or the temperature is not above 0.</exception>
    public static IReadOnlyList<CompletionGroup> FromRollouts(
        RolloutBatch rollouts, ReadOnlySpan<float> advantages_PG, float temperature, double importanceCap = 0)
    {
        if (advantages_PG.Length != rollouts.Completions.Count)
            throw new ArgumentException($"{advantages_PG.Length} advantages for {rollouts.Completions.Count} completions");
        if (!(temperature > 0))
            throw new ArgumentException($"completions sampled at temperature {temperature} cannot be trained on; it must be above 0");
        var groups = new CompletionGroup[rollouts.Prompts.Count];
        for (int p = 0; p < groups.Length; p++)
        {
            var completions = new TrainingCompletion[rollouts.GroupSize];
            for (int g = 0; g < completions.Length; g++)
            {
                Rollout rollout = rollouts[p, g];
                float advantage = advantages_PG[p * rollouts.GroupSize + g];
                completions[g] = new TrainingCompletion(
                    rollout.Tokens_T, rollout.LogProbs_T, advantage, ImportanceWeights(rollout, importanceCap));
            }
            groups[p] = new CompletionGroup(rollouts.Prompts[p].Tokens, completions, temperature);
        }
        return groups;
    }

    private static float[]? ImportanceWeights(Rollout rollout, double cap)
    {
        if (cap <= 0)
            return null;
        var weights_T = new float[rollout.Tokens_T.Length];
        for (int t = 0; t < weights_T.Length; t++)
        {
            double weight = Math.Exp((double)rollout.LogProbs_T[t] - rollout.TruncatedLogProbs_T[t]);
            weights_T[t] = double.IsNaN(weight) ? 1f : (float)Math.Min(weight, cap);
        }
        return weights_T;
    }
}

/// <summary>One completion to learn from.</summary>
/// <param name="Tokens_T">Its tokens.</param>
/// <param name="OldLogProbs_T">ln p of each when it was drawn, nats.</param>
/// <param name="Advantage">Its advantage.</param>
/// <param name="Weights_T">Weight of each token's policy-gradient term, 0 to leave the token out, or null for 1.</param>
public sealed record TrainingCompletion(int[] Tokens_T, float[] OldLogProbs_T, float Advantage, float[]? Weights_T = null)
{
    /// <summary>Tokens that enter the loss and its denominator.</summary>
    public int CountedTokens
    {
        get
        {
            int count = 0;
            for (int t = 0; t < Tokens_T.Length; t++)
                count += ObjectiveTotals.Counts(WeightOf(t), OldLogProbs_T[t]) ? 1 : 0;
            return count;
        }
    }

    /// <summary>Weight of one token.</summary>
    public float WeightOf(int token) => Weights_T is null ? 1f : Weights_T[token];
}
