namespace RlmEngine.Losses;

/// <summary>
/// L = L_RL / N_RL + λ · L_NTP / N_NTP over per-target records, METHOD "Group-relative policy optimisation" and "Loss".
/// </summary>
/// <remarks>
/// <para>An RL target's loss is weight · surrogate + β · KL − w_H · H; its weight (a mask, or a truncated importance weight)
/// multiplies the surrogate only. A target of weight 0, or whose old log-prob is not finite, has no loss, no derivative and no place
/// in a denominator; the latter are counted in <see cref="LossReport.DroppedOldLogProbs"/>.</para>
/// <para>Sums run in double, in the order of the targets. A NaN in a current log-prob goes through to the derivatives, where the
/// optimizer's norm check sees it.</para>
/// </remarks>
public sealed class GroupRelativeObjective : IObjective
{
    private readonly ObjectiveOptions _options;
    private readonly ObjectiveTotals _totals;
    private readonly int _fixedLength;

    /// <summary>Fixes the options and the global denominators of one update.</summary>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    public GroupRelativeObjective(ObjectiveOptions options, ObjectiveTotals totals)
    {
        Require(options.ClipLow is >= 0 and <= 1, "clipLow must be in [0, 1]");
        Require(options.ClipHigh >= 0, "clipHigh must be at least 0");
        Require(options.DualClip is 0 or > 1, "dualClip must be 0 (off) or above 1");
        Require(options.NtpWeight >= 0 && double.IsFinite(options.NtpWeight), "ntpWeight must be at least 0");
        Require(options.KlWeight >= 0 && double.IsFinite(options.KlWeight), "klWeight must be at least 0");
        Require(double.IsFinite(options.EntropyWeight), "entropyWeight must be finite");
        _options = options;
        _totals = totals;
        _fixedLength = options.FixedLength > 0 ? options.FixedLength : totals.MaxCompletionTokens;
        Require(options.Aggregation != Aggregation.FixedLength || _fixedLength > 0, "fixedLength must be above 0");
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">Lengths differ, an advantage or a weight is not finite, or sequences are out of order.</exception>
    /// <exception cref="InvalidOperationException">A target counts in a component whose global total is 0.</exception>
    public LossReport Evaluate(
        TargetRecords records, ReadOnlySpan<float> logProbs_M, ReadOnlySpan<float> entropies_M,
        Span<float> dLogProbs_M, Span<float> dEntropies_M)
    {
        int targets = logProbs_M.Length;
        Require(entropies_M.Length == targets && dLogProbs_M.Length == targets && dEntropies_M.Length == targets
            && records.Weight_M.Length == targets && records.Component_M.Length == targets && records.Sequence_M.Length == targets
            && records.Advantage_M.Length == targets && records.OldLogProb_M.Length == targets
            && records.ReferenceLogProb_M.Length == targets, "records and spans must have one entry for each target");
        dLogProbs_M.Clear();
        dEntropies_M.Clear();
        var shares = new LossReport();
        for (int start = 0, end; start < targets; start = end)
        {
            end = EndOfSequence(records.Sequence_M, start);
            SequenceTerms sequence = Survey(records, logProbs_M, start, end);
            for (int i = start; i < end; i++)
            {
                shares += records.Component_M[i] == LossComponent.Ntp
                    ? EvaluateNtp(records, i, logProbs_M[i], ref dLogProbs_M[i])
                    : EvaluateRl(records, i, sequence, logProbs_M[i], entropies_M[i], ref dLogProbs_M[i], ref dEntropies_M[i]);
            }
        }
        return shares with { Loss = shares.RlLoss + _options.NtpWeight * shares.NtpLoss };
    }

    private LossReport EvaluateNtp(TargetRecords records, int i, double logProb, ref float dLogProb)
    {
        double weight = records.Weight_M[i];
        if (weight == 0)
            return default;
        if (_totals.NtpTokens <= 0)
            throw new InvalidOperationException("a next-token target counts, but the global total of next-token targets is 0");
        double scale = weight / _totals.NtpTokens;
        dLogProb = (float)(-_options.NtpWeight * scale);
        return new LossReport { NtpLoss = -scale * logProb, NtpTokens = 1 };
    }

    private LossReport EvaluateRl(
        TargetRecords records, int i, in SequenceTerms sequence, double logProb, double entropy, ref float dLogProb, ref float dEntropy)
    {
        if (!ObjectiveTotals.Counts(records.Weight_M[i], records.OldLogProb_M[i]))
            return new LossReport { DroppedOldLogProbs = records.Weight_M[i] != 0f ? 1 : 0 };
        double advantage = records.Advantage_M[i], weight = records.Weight_M[i], mismatch = logProb - records.OldLogProb_M[i];
        Ratio ratio = _options.Surrogate == Surrogate.SequenceClip ? sequence.Ratio : Ratio.OfToken(mismatch);
        TokenLoss policy = _options.Surrogate == Surrogate.Cispo
            ? TokenLoss.Cispo(ratio, advantage, logProb, _options)
            : TokenLoss.Clip(ratio, advantage, _options);
        KlEstimate kl = _options.KlWeight > 0 ? KlEstimate.Of(_options.Kl, logProb, records.ReferenceLogProb_M[i]) : default;
        dLogProb = (float)(sequence.Scale * (weight * policy.Derivative + _options.KlWeight * kl.Derivative));
        dEntropy = (float)(-sequence.Scale * _options.EntropyWeight);
        return new LossReport
        {
            RlLoss = sequence.Scale * (weight * policy.Value + _options.KlWeight * kl.Value - _options.EntropyWeight * entropy),
            RlTokens = 1,
            EntropySum = entropy,
            KlSum = kl.Value,
            ClippedLow = advantage < 0 && ratio.Value < 1 - _options.ClipLow ? 1 : 0,
            ClippedHigh = advantage > 0 && ratio.Value > 1 + _options.ClipHigh ? 1 : 0,
            RatioSum = ratio.Value,
            MaxLogProbMismatch = Math.Abs(mismatch),
            LogProbMismatchSum = Math.Abs(mismatch),
        };
    }

    // What a sequence's targets share: the factor its aggregation gives each target, and GSPO's ratio.
    private SequenceTerms Survey(TargetRecords records, ReadOnlySpan<float> logProbs_M, int start, int end)
    {
        int counted = 0;
        double logRatioSum = 0;
        for (int i = start; i < end; i++)
        {
            Require(float.IsFinite(records.Weight_M[i]) && records.Weight_M[i] >= 0, "weights must be finite and at least 0");
            if (records.Component_M[i] != LossComponent.Rl)
                continue;
            Require(float.IsFinite(records.Advantage_M[i]), "advantages must be finite");
            if (!ObjectiveTotals.Counts(records.Weight_M[i], records.OldLogProb_M[i]))
                continue;
            counted++;
            logRatioSum += (double)logProbs_M[i] - records.OldLogProb_M[i];
        }
        return counted == 0 ? default : new SequenceTerms(Scale(counted), Ratio.OfSequence(logRatioSum / counted));
    }

    private double Scale(int countedInSequence)
    {
        long denominator = _options.Aggregation == Aggregation.TokenMean ? _totals.RlTokens : _totals.RlSequences;
        if (denominator <= 0)
            throw new InvalidOperationException("a completion's target counts, but the global total of completions is 0");
        return _options.Aggregation switch
        {
            Aggregation.TokenMean => 1.0 / denominator,
            Aggregation.SequenceMean => 1.0 / ((double)denominator * countedInSequence),
            Aggregation.FixedLength => 1.0 / ((double)denominator * _fixedLength),
            _ => throw new InvalidOperationException($"unknown aggregation {_options.Aggregation}"),
        };
    }

    private static int EndOfSequence(int[] sequence_M, int start)
    {
        int end = start + 1;
        while (end < sequence_M.Length && sequence_M[end] == sequence_M[start])
            end++;
        Require(end == sequence_M.Length || sequence_M[end] > sequence_M[start], "sequence indices must ascend");
        return end;
    }

    private static void Require(bool condition, string message)
    {
        if (!condition)
            throw new ArgumentException(message);
    }

    private readonly record struct SequenceTerms(double Scale, Ratio Ratio);
}
