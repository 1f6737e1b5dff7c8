namespace RlmEngine.Losses;

/// <summary>The global denominators of one update, counted before its first micro-batch, so that micro-batching changes nothing.</summary>
/// <param name="RlTokens">N_RL: completion targets that count, over the whole batch.</param>
/// <param name="NtpTokens">N_NTP: next-token targets that count, over the whole batch.</param>
/// <param name="RlSequences">Completions with at least one target that counts.</param>
/// <param name="MaxCompletionTokens">Longest completion allowed, for <see cref="Aggregation.FixedLength"/> without a length of its own.</param>
/// <remarks>A target counts when its weight is not 0 and, for RL, its old log-prob is finite.</remarks>
public readonly record struct ObjectiveTotals(long RlTokens, long NtpTokens, long RlSequences, int MaxCompletionTokens = 0)
{
    /// <summary>Counts the targets of all micro-batches of one update; no target may have been left out of them.</summary>
    public static ObjectiveTotals Of(IEnumerable<TargetRecords> microBatches, int maxCompletionTokens = 0)
    {
        long rl = 0, ntp = 0, sequences = 0;
        foreach (TargetRecords records in microBatches)
        {
            int counted = -1;
            for (int i = 0; i < records.Weight_M.Length; i++)
            {
                if (records.Component_M[i] == LossComponent.Ntp)
                {
                    ntp += records.Weight_M[i] != 0f ? 1 : 0;
                }
                else if (Counts(records.Weight_M[i], records.OldLogProb_M[i]))
                {
                    rl++;
                    if (counted < 0 || records.Sequence_M[counted] != records.Sequence_M[i])
                        sequences++;
                    counted = i;
                }
            }
        }
        return new ObjectiveTotals(rl, ntp, sequences, maxCompletionTokens);
    }

    /// <summary>Counts training items before they are packed, those whose rows will be left out included.</summary>
    public static ObjectiveTotals Of(IEnumerable<TrainingItem> items, int maxCompletionTokens = 0)
    {
        long rl = 0, ntp = 0, sequences = 0;
        foreach (TrainingItem item in items)
        {
            if (item is DocumentWindow document)
                ntp += document.TargetCount;
            if (item is not CompletionGroup group)
                continue;
            foreach (TrainingCompletion completion in group.Completions)
            {
                int tokens = completion.CountedTokens;
                rl += tokens;
                sequences += tokens > 0 ? 1 : 0;
            }
        }
        return new ObjectiveTotals(rl, ntp, sequences, maxCompletionTokens);
    }

    /// <summary>True when an RL target of this weight and old log-prob enters the loss and its denominator.</summary>
    internal static bool Counts(float weight, float oldLogProb) => weight != 0f && float.IsFinite(oldLogProb);
}
