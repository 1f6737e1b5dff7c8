using RlmEngine.Tokenization;

namespace RlmEngine.Policies;

/// <summary>Floating-point operations of a model's products, two to a multiply-add; norms, softmax and the optimizer are left out.</summary>
/// <remarks>
/// A token costs 2 · (weights of all layers) going forward, 2 · V · H more where its next token is scored or drawn, and 4 · L · Q for each
/// key it attends to. Backward costs twice forward. What sequences of a batch share is counted once; what an engine computes again is the
/// machine's affair and not counted.
/// </remarks>
/// <param name="Row">Operations of one token through the layers, without attention.</param>
/// <param name="Target">Operations of one scored or drawn token in the output head.</param>
/// <param name="Key">Operations of one pair of a token and a position it attends to.</param>
public readonly record struct ModelOperations(double Row, double Target, double Key)
{
    /// <summary>Forward: rows · Row + targets · Target + keys · Key.</summary>
    /// <param name="rows">Tokens that go through the layers.</param>
    /// <param name="targets">Rows whose next token is scored or drawn.</param>
    /// <param name="keys">Pairs of a row and a position it attends to, see <see cref="Keys"/>.</param>
    public double Forward(double rows, double targets, double keys) => (rows * Row) + (targets * Target) + (keys * Key);

    /// <summary>Forward and backward: three times forward.</summary>
    public double Train(double rows, double targets, double keys) => 3 * Forward(rows, targets, keys);

    /// <summary>Forward over a batch.</summary>
    public double Forward(TokenBatch batch)
    {
        double keys = 0;
        foreach (Segment segment in batch.Segments_S)
            keys += Keys(segment.ParentLength, segment.Length);
        return Forward(batch.RowCount, batch.TargetCount, keys);
    }

    /// <summary>Pairs (row, position it attends to) of n causal rows behind p positions: n · p + n (n + 1) / 2.</summary>
    public static double Keys(double past, double rows) => (rows * past) + (rows * (rows + 1) / 2);
}
