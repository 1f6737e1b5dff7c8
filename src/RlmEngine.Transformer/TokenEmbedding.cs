namespace RlmEngine.Transformer;

/// <summary>Rows of the embedding matrix by token, and their gradient.</summary>
internal static class TokenEmbedding
{
    /// <summary>x_n = E[token_n].</summary>
    /// <exception cref="ArgumentException">A token is not in the vocabulary.</exception>
    public static void Gather(ReadOnlySpan<float> embedding_VH, int width, ReadOnlySpan<int> tokens_N, Span<float> x_NH)
    {
        int vocabulary = embedding_VH.Length / width;
        for (int n = 0; n < tokens_N.Length; n++)
        {
            if ((uint)tokens_N[n] >= (uint)vocabulary)
                throw new ArgumentException($"token {tokens_N[n]} of row {n} is not below the vocabulary's size {vocabulary}");
            embedding_VH.Slice(tokens_N[n] * width, width).CopyTo(x_NH[(n * width)..]);
        }
    }

    /// <summary>dE[token_n] += dx_n, in the order of rows.</summary>
    public static void Scatter(ReadOnlySpan<float> dx_NH, int width, ReadOnlySpan<int> tokens_N, Span<float> dEmbedding_VH)
    {
        for (int n = 0; n < tokens_N.Length; n++)
        {
            ReadOnlySpan<float> source = dx_NH.Slice(n * width, width);
            Span<float> target = dEmbedding_VH.Slice(tokens_N[n] * width, width);
            for (int i = 0; i < width; i++)
                target[i] += source[i];
        }
    }
}
