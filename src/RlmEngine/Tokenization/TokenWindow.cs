namespace RlmEngine.Tokenization;

/// <summary>A piece of one document's token sequence: the first token is only read, each later one is predicted.</summary>
/// <param name="Tokens_L">The tokens, at least two.</param>
/// <param name="Document">The document's name; used in messages only.</param>
/// <param name="Start">Position of the first token in the document's sequence.</param>
public sealed record TokenWindow(int[] Tokens_L, string Document, int Start)
{
    /// <summary>Tokens predicted, which is also the rows computed: L − 1.</summary>
    public int PredictedCount => Tokens_L.Length - 1;
}
