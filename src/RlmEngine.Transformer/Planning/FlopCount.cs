namespace RlmEngine.Transformer.Planning;

/// <summary>Floating-point operations of the model's products, two to a multiply-add; norms, softmax and the optimizer are left out.</summary>
/// <remarks>
/// A token costs 2 · (weights of all layers) going forward, 2 · V · H more where its next token is scored or drawn, and
/// 4 · L · Q for each key it attends to (Q · Kᵀ and the weighted sum of values; Q is the width of all query heads). Backward costs
/// twice forward, so training costs 6 FLOP per parameter per token plus attention. What the engine computes again in the backward
/// (logits) is not counted: these are the model's operations, not the machine's.
/// </remarks>
public sealed class FlopCount
{
    private readonly double _row;
    private readonly double _target;
    private readonly double _key;

    /// <summary>Takes the shape.</summary>
    public FlopCount(ModelConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        _row = 2.0 * ParameterCount.Of(config).Matrices;
        _target = 2.0 * config.VocabularySize * config.HiddenSize;
        _key = 4.0 * config.Layers * config.Attention.QueryWidth;
    }

    /// <summary>Forward: rows · 2 · (weights of layers) + targets · 2 · V · H + keys · 4 · L · Q.</summary>
    /// <param name="rows">Tokens that go through the layers.</param>
    /// <param name="targets">Rows whose next token is scored or drawn.</param>
    /// <param name="keys">Pairs of a row and a position it attends to, see <see cref="Keys"/>.</param>
    public double Forward(double rows, double targets, double keys) => (rows * _row) + (targets * _target) + (keys * _key);

    /// <summary>Forward and backward: three times forward.</summary>
    public double Train(double rows, double targets, double keys) => 3 * Forward(rows, targets, keys);

    /// <summary>Pairs (row, position it attends to) of n causal rows behind p positions: n · p + n (n + 1) / 2.</summary>
    public static double Keys(double past, double rows) => (rows * past) + (rows * (rows + 1) / 2);
}
