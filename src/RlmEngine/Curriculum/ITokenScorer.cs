using RlmEngine.Tokenization;

namespace RlmEngine.Curriculum;

/// <summary>Teacher-forced scoring: one forward pass gives each target's log-prob and the entropy of its distribution.</summary>
public interface ITokenScorer
{
    /// <summary>Scores every target of a batch.</summary>
    /// <param name="batch">N rows, M targets.</param>
    /// <param name="logProbs_M">ln p(target) at the target's temperature, nats, ≤ 0.</param>
    /// <param name="entropies_M">Entropy of the distribution, nats, in [0, ln V].</param>
    /// <param name="argmax_M">The most likely token (lowest id on ties), or empty when not wanted.</param>
    /// <param name="entropyTopK">Takes the entropy over this many most likely tokens only, renormalised (RPT: 16); 0 over all.</param>
    void Score(TokenBatch batch, Span<float> logProbs_M, Span<float> entropies_M, Span<int> argmax_M = default, int entropyTopK = 0);
}
