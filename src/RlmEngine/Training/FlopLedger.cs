using RlmEngine.Curriculum;
using RlmEngine.Losses;
using RlmEngine.Metrics;
using RlmEngine.Policies;
using RlmEngine.Rollouts;
using RlmEngine.Tokenization;

namespace RlmEngine.Training;

/// <summary>Counts a step's operations by what they were spent on, as <see cref="ModelOperations"/> counts.</summary>
/// <remarks>A prompt is counted once for its group, each drawn token once, shared or not. Evaluations are not counted.</remarks>
public sealed class FlopLedger
{
    /// <summary>Prompts run through the model, and draws.</summary>
    public double Rollout { get; private set; }

    /// <summary>Forward passes of rewards, references and slow copies.</summary>
    public double Scoring { get; private set; }

    /// <summary>Forward and backward of what was learned from.</summary>
    public double Update { get; private set; }

    /// <summary>All of them.</summary>
    public double Total => Rollout + Scoring + Update;

    /// <summary>Begins a step.</summary>
    public void Clear() => (Rollout, Scoring, Update) = (0, 0, 0);

    /// <summary>Counts drawn completions: prefill of all prompt tokens but the last, then a row, a draw and its keys for each token.</summary>
    public void AddRollouts(ModelOperations model, RolloutBatch rollouts)
    {
        for (int p = 0; p < rollouts.Prompts.Count; p++)
        {
            int prefix = rollouts.Prompts[p].Tokens.Length - 1;
            Rollout += model.Forward(prefix, 0, ModelOperations.Keys(0, prefix));
            for (int g = 0; g < rollouts.GroupSize; g++)
            {
                int length = rollouts[p, g].Tokens_T.Length;
                Rollout += model.Forward(length, length, ModelOperations.Keys(prefix, length));
            }
        }
    }

    /// <summary>Counts a scored batch.</summary>
    public void AddScore(ModelOperations model, TokenBatch batch) => Scoring += model.Forward(batch);

    /// <summary>Counts batches that were learned from, once each epoch.</summary>
    public void AddUpdate(ModelOperations model, IEnumerable<MicroBatch> batches, int epochs = 1) =>
        Update += 3 * epochs * batches.Sum(batch => model.Forward(batch.Tokens));

    /// <summary>Writes the step's operations into its metrics.</summary>
    public void WriteTo(StepMetrics metrics)
    {
        metrics.Set(MetricNames.FlopsRollout, Rollout);
        metrics.Set(MetricNames.FlopsScoring, Scoring);
        metrics.Set(MetricNames.FlopsUpdate, Update);
        metrics.Set(MetricNames.FlopsTotal, Total);
    }

    /// <summary>A model whose scoring is counted.</summary>
    public ITokenScorer Counted(IPolicy policy) => new CountedScorer(policy, this);

    private sealed class CountedScorer(IPolicy policy, FlopLedger ledger) : ITokenScorer
    {
        public void Score(TokenBatch batch, Span<float> logProbs_M, Span<float> entropies_M, Span<int> argmax_M, int entropyTopK)
        {
            policy.Score(batch, logProbs_M, entropies_M, argmax_M, entropyTopK);
            ledger.AddScore(policy.Operations, batch);
        }
    }
}
