using RlmEngine.Tokenization;
using RlmEngine.Transformer;
using TorchSharp;
using static TorchSharp.torch;

namespace RlmEngine.Torch;

/// <content>The logits themselves, for comparison with other implementations.</content>
public sealed partial class TorchPolicy
{
    /// <summary>Computes the logits after each token of one sequence, a chunk of rows at a time.</summary>
    /// <param name="tokens">The sequence, at most the context's length.</param>
    /// <param name="visit">Called for each position, in order.</param>
    /// <exception cref="ArgumentException">No token, too many, or one that is not below V.</exception>
    public void Logits(ReadOnlySpan<int> tokens, LogitsVisitor visit)
    {
        ArgumentNullException.ThrowIfNull(visit);
        if (tokens.IsEmpty || tokens.Length > ContextLength)
            throw new ArgumentException($"{tokens.Length} tokens; 1 to {ContextLength} are needed", nameof(tokens));
        TokenBatch batch = new()
        {
            Tokens_N = tokens.ToArray(),
            Segments_S = [new Segment(0, tokens.Length)],
            TargetRows_M = [],
            Targets_M = [],
            Temperatures_M = [],
        };
        using DisposeScope scope = NewDisposeScope();
        _head.Visit(_backbone.Forward(batch)!, (first, logits_RV) =>
        {
            for (int row = 0; row < logits_RV.shape[0]; row++)
                visit((int)first + row, HostMemory.Floats(logits_RV, (long)row * VocabularySize, VocabularySize));
        });
    }
}
