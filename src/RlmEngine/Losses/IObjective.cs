namespace RlmEngine.Losses;

/// <summary>Which loss a target belongs to; each has its own global denominator.</summary>
public enum LossComponent : byte
{
    /// <summary>Group-relative policy optimisation over completions.</summary>
    Rl,

    /// <summary>Teacher-forced next-token prediction.</summary>
    Ntp,
}

/// <summary>Per-target records of a batch, in the order of the batch's targets; never a tensor library or a device.</summary>
public sealed class TargetRecords
{
    /// <summary>Component of each target.</summary>
    public required LossComponent[] Component_M { get; init; }

    /// <summary>Sequence (completion) index of each target, ascending and contiguous; sequences never straddle micro-batches.</summary>
    public required int[] Sequence_M { get; init; }

    /// <summary>Advantage of each target's completion; 0 for NTP.</summary>
    public required float[] Advantage_M { get; init; }

    /// <summary>ln p when the token was drawn (full distribution); unused for NTP.</summary>
    public required float[] OldLogProb_M { get; init; }

    /// <summary>ln p under the reference policy; unused unless the objective has a KL term.</summary>
    public required float[] ReferenceLogProb_M { get; init; }

    /// <summary>Multiplies each target's loss: 1, 0 for masked out, or a truncated importance weight.</summary>
    public required float[] Weight_M { get; init; }
}

/// <summary>
/// A loss over per-token records: returns the loss, its per-token derivatives by log-prob and entropy, and metrics as sums.
/// The denominators are global token counts per component, set before the first micro-batch.
/// </summary>
public interface IObjective
{
    /// <summary>Evaluates one micro-batch.</summary>
    /// <param name="records">Per-target records.</param>
    /// <param name="logProbs_M">Current ln p of each target, nats.</param>
    /// <param name="entropies_M">Current entropy of each target's distribution, nats.</param>
    /// <param name="dLogProbs_M">d loss / d logp, written.</param>
    /// <param name="dEntropies_M">d loss / d H, written.</param>
    /// <returns>This micro-batch's share of the loss; shares add up over micro-batches.</returns>
    LossReport Evaluate(
        TargetRecords records, ReadOnlySpan<float> logProbs_M, ReadOnlySpan<float> entropies_M,
        Span<float> dLogProbs_M, Span<float> dEntropies_M);
}
