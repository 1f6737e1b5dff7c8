using RlmEngine.Kernels.Dense;
using RlmEngine.Tokenization;

namespace RlmEngine.Transformer;

/// <content>The logits themselves, for comparison with other implementations.</content>
public sealed partial class TransformerPolicy
{
    /// <summary>Computes the logits after each token of one sequence, or after its last ones, a tile of rows at a time.</summary>
    /// <param name="tokens">The sequence, at most the context's length.</param>
    /// <param name="first">First position whose logits are wanted.</param>
    /// <param name="visit">Called for each wanted position, in order.</param>
    /// <exception cref="ArgumentException">No token, too many, one that is not below V, or a first position outside.</exception>
    public void Logits(ReadOnlySpan<int> tokens, int first, LogitsVisitor visit)
    {
        ArgumentNullException.ThrowIfNull(visit);
        if (tokens.IsEmpty || tokens.Length > ContextLength)
            throw new ArgumentException($"{tokens.Length} tokens; 1 to {ContextLength} are needed", nameof(tokens));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)first, (uint)tokens.Length, nameof(first));
        foreach (int token in tokens)
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)token, (uint)VocabularySize, nameof(tokens));
        TokenBatch batch = new()
        {
            Tokens_N = tokens.ToArray(),
            Segments_S = [new Segment(0, tokens.Length)],
            TargetRows_M = [],
            Targets_M = [],
            Temperatures_M = [],
        };
        int width = Config.HiddenSize, tile = LanguageHead.TileRows(VocabularySize);
        ReadOnlySpan<float> hidden_NH = Backbone.Forward(batch, keepActivations: false);
        using FloatBuffer logits = new();
        for (int row = first; row < tokens.Length; row += tile)
        {
            int count = Math.Min(tile, tokens.Length - row);
            Span<float> logits_RV = logits.Rows(count, VocabularySize);
            Gemm.Forward(hidden_NH.Slice(row * width, count * width), count, _weights.Head, logits_RV);
            for (int r = 0; r < count; r++)
                visit(row + r, logits_RV.Slice(r * VocabularySize, VocabularySize));
        }

        GC.KeepAlive(this);
    }
}

/// <summary>Takes the logits after one token.</summary>
/// <param name="position">Position of the token.</param>
/// <param name="logits_V">The logits of the token that follows, [V]; valid during the call.</param>
public delegate void LogitsVisitor(int position, ReadOnlySpan<float> logits_V);
