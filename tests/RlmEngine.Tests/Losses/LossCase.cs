using RlmEngine.Losses;

namespace RlmEngine.Tests.Losses;

/// <summary>Records of a few sequences with current log-probs and entropies, evaluated by an objective.</summary>
public sealed class LossCase
{
    public required float[] LogProbs_M { get; init; }

    public float[] Entropies_M { get; init; } = [];

    public required TargetRecords Records { get; init; }

    public float[] DLogProbs_M { get; private set; } = [];

    public float[] DEntropies_M { get; private set; } = [];

    /// <summary>The worked example of METHOD.md: two completions of three tokens, the last one masked.</summary>
    public static LossCase Worked() => Of(
        [[-1f, -.5f, -2f], [-.2f, -3f, -1.5f]], [[-1.2f, -.5f, -1.5f], [-.6f, -2f, -1.5f]], [1f, -1f],
        [[1f, 1f, 1f], [1f, 1f, 0f]], [[-1.1f, -.7f, -2.2f], [-.3f, -2.5f, -1.4f]]);

    /// <summary>RL sequences given as rows.</summary>
    public static LossCase Of(float[][] logProbs, float[][] old, float[] advantages, float[][]? weights = null, float[][]? reference = null)
    {
        int[] sequence_M = [.. logProbs.SelectMany((row, s) => row.Select(_ => s))];
        return new LossCase
        {
            LogProbs_M = [.. logProbs.SelectMany(row => row)],
            Records = new TargetRecords
            {
                Component_M = new LossComponent[sequence_M.Length],
                Sequence_M = sequence_M,
                Advantage_M = [.. sequence_M.Select(s => advantages[s])],
                OldLogProb_M = [.. old.SelectMany(row => row)],
                ReferenceLogProb_M = reference is null ? new float[sequence_M.Length] : [.. reference.SelectMany(row => row)],
                Weight_M = weights is null ? [.. sequence_M.Select(_ => 1f)] : [.. weights.SelectMany(row => row)],
            },
        };
    }

    public LossReport Evaluate(ObjectiveOptions options, ObjectiveTotals? totals = null)
    {
        DLogProbs_M = [.. LogProbs_M.Select(_ => float.NaN)];
        DEntropies_M = [.. LogProbs_M.Select(_ => float.NaN)];
        float[] entropies_M = Entropies_M.Length > 0 ? Entropies_M : new float[LogProbs_M.Length];
        var objective = new GroupRelativeObjective(options, totals ?? ObjectiveTotals.Of([Records]));
        return objective.Evaluate(Records, LogProbs_M, entropies_M, DLogProbs_M, DEntropies_M);
    }
}
