using RlmEngine.Curriculum;
using RlmEngine.Tokenization;

namespace RlmEngine.Tests.Curriculum;

/// <summary>A made-up model: entropy is how many tokens stand before the target in its window, ln p is −target, argmax is the token before.</summary>
public sealed class ContextScorer : ITokenScorer
{
    public List<int> BatchRows { get; } = [];

    public List<int> TopKs { get; } = [];

    public void Score(TokenBatch batch, Span<float> logProbs_M, Span<float> entropies_M, Span<int> argmax_M = default, int entropyTopK = 0)
    {
        BatchRows.Add(batch.RowCount);
        TopKs.Add(entropyTopK);
        for (int i = 0; i < batch.TargetCount; i++)
        {
            int row = batch.TargetRows_M[i];
            Segment segment = batch.Segments_S.Single(s => s.Start <= row && row < s.Start + s.Length);
            logProbs_M[i] = -batch.Targets_M[i];
            entropies_M[i] = row - segment.Start + 1;
            argmax_M[i] = batch.Tokens_N[row];
        }
    }
}
