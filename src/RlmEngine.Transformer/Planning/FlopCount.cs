using RlmEngine.Policies;

namespace RlmEngine.Transformer.Planning;

/// <summary>Floating-point operations of a shape, counted as <see cref="ModelOperations"/> says; Q is the width of all query heads.</summary>
public sealed class FlopCount
{
    private readonly ModelOperations _operations;

    /// <summary>Takes the shape.</summary>
    public FlopCount(ModelConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        _operations = OperationsOf(config);
    }

    /// <summary>What a token of a shape costs: 2 · (weights of layers), 2 · V · H, 4 · L · Q.</summary>
    public static ModelOperations OperationsOf(ModelConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return new ModelOperations(
            2.0 * ParameterCount.Of(config).Matrices, 2.0 * config.VocabularySize * config.HiddenSize, 4.0 * config.Layers * config.Attention.QueryWidth);
    }

    /// <summary>Forward: rows · 2 · (weights of layers) + targets · 2 · V · H + keys · 4 · L · Q.</summary>
    /// <param name="rows">Tokens that go through the layers.</param>
    /// <param name="targets">Rows whose next token is scored or drawn.</param>
    /// <param name="keys">Pairs of a row and a position it attends to, see <see cref="Keys"/>.</param>
    public double Forward(double rows, double targets, double keys) => _operations.Forward(rows, targets, keys);

    /// <summary>Forward and backward: three times forward.</summary>
    public double Train(double rows, double targets, double keys) => _operations.Train(rows, targets, keys);

    /// <summary>Pairs (row, position it attends to) of n causal rows behind p positions: n · p + n (n + 1) / 2.</summary>
    public static double Keys(double past, double rows) => ModelOperations.Keys(past, rows);
}
