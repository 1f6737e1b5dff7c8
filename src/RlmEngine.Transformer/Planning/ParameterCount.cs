namespace RlmEngine.Transformer.Planning;

/// <summary>Numbers a model learns, counted from the tensors the engine lays out for its shape; a tied head counts once.</summary>
/// <param name="Embedding">V · H of the input embedding.</param>
/// <param name="Head">V · H of the output head; 0 when it is the embedding.</param>
/// <param name="Matrices">Weights of all layers' products: the parameters that every token meets.</param>
/// <param name="Vectors">Norms and biases.</param>
public sealed record ParameterCount(long Embedding, long Head, long Matrices, long Vectors)
{
    /// <summary>All parameters.</summary>
    public long Total => Embedding + Head + NonEmbedding;

    /// <summary>All parameters but embedding and head, as model cards count them.</summary>
    public long NonEmbedding => Matrices + Vectors;

    /// <summary>Counts the parameters of a shape from one of its layers; nothing of the model's size is allocated.</summary>
    /// <exception cref="ArgumentException">A matrix of it has more numbers than the engine can hold in one.</exception>
    public static ParameterCount Of(ModelConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        try
        {
            WeightLayout one = new(config with { Layers = 1 });
            long table = (long)config.VocabularySize * config.HiddenSize;
            long head = config.TieEmbeddings ? 0 : table;
            long vectors = one.Length - one.MatrixLength - config.HiddenSize;
            return new ParameterCount(
                table, head, checked(config.Layers * (one.MatrixLength - table - head)), checked((config.Layers * vectors) + config.HiddenSize));
        }
        catch (OverflowException e)
        {
            throw new ArgumentException("a matrix of this shape has more than 2147483647 numbers", e);
        }
    }
}
