using RlmEngine.Policies;

namespace RlmEngine.Transformer;

/// <content>Scoring of continuations that share a prefix.</content>
public sealed partial class TransformerPolicy : IContinuationScorer
{
    /// <inheritdoc/>
    public IContinuationSession OpenContinuations(ReadOnlyMemory<int> prefix) => new ContinuationSession(this, _weights, prefix);
}
