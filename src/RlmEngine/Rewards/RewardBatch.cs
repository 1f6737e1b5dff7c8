using RlmEngine.Rollouts;

namespace RlmEngine.Rewards;

/// <summary>Rewards of P · G completions, prompt-major, by term.</summary>
public sealed record RewardBatch
{
    /// <summary>G.</summary>
    public required int GroupSize { get; init; }

    /// <summary>Match terms.</summary>
    public required double[] Match_PG { get; init; }

    /// <summary>Length terms.</summary>
    public required double[] Length_PG { get; init; }

    /// <summary>Totals: what advantages are made from.</summary>
    public required double[] Total_PG { get; init; }

    /// <summary>Completions without a closed thought or without an answer.</summary>
    public required int FormatFailures { get; init; }

    /// <summary>How many completions ended for which reason; every reason is named.</summary>
    public required IReadOnlyDictionary<StopReason, int> Stops { get; init; }

    /// <summary>Collects the terms of a step's completions.</summary>
    /// <param name="rollouts">P prompts with G completions each.</param>
    /// <param name="terms_PG">Terms of each completion, prompt-major.</param>
    /// <exception cref="ArgumentException">The number of terms is not P · G.</exception>
    public static RewardBatch Of(RolloutBatch rollouts, IReadOnlyList<RewardTerms> terms_PG)
    {
        if (terms_PG.Count != rollouts.Completions.Count)
            throw new ArgumentException($"{terms_PG.Count} rewards for {rollouts.Completions.Count} completions");
        return new RewardBatch
        {
            GroupSize = rollouts.GroupSize,
            Match_PG = [.. terms_PG.Select(terms => terms.Match)],
            Length_PG = [.. terms_PG.Select(terms => terms.Length)],
            Total_PG = [.. terms_PG.Select(terms => terms.Total)],
            FormatFailures = terms_PG.Count(terms => terms.IsFormatFailure),
            Stops = Enum.GetValues<StopReason>().ToDictionary(
                reason => reason, reason => rollouts.Completions.Count(rollout => rollout.Stop == reason)),
        };
    }

    /// <summary>Scores a step whose prompts all share one set of options.</summary>
    /// <param name="rollouts">P prompts with G completions each.</param>
    /// <param name="options">w, r_max and the format-failure reward.</param>
    /// <param name="match">Match score of a prompt's well-formed completion; not asked for malformed ones.</param>
    public static RewardBatch Score(RolloutBatch rollouts, RewardOptions options, Func<Prompt, Rollout, double> match)
    {
        var terms_PG = new RewardTerms[rollouts.Completions.Count];
        for (int i = 0; i < terms_PG.Length; i++)
        {
            Prompt prompt = rollouts.Prompts[i / rollouts.GroupSize];
            Rollout rollout = rollouts.Completions[i];
            terms_PG[i] = RewardTerms.Of(options, rollout, prompt.Budget, rollout.IsWellFormed ? match(prompt, rollout) : 0);
        }
        return Of(rollouts, terms_PG);
    }
}
