using RlmEngine.Losses;
using RlmEngine.Policies;
using RlmEngine.Rollouts;
using RlmEngine.Tokenization;

namespace RlmEngine.Transformer.Tests.Training;

/// <summary>Passes everything on to a transformer and keeps the batches it learned from; may change the objective of each.</summary>
internal sealed class PolicyDecorator(TransformerPolicy inner, Func<TargetRecords, IObjective, IObjective>? replace = null) : IPolicy
{
    public TransformerPolicy Inner => inner;

    public List<(TokenBatch Tokens, TargetRecords Records)> Learned { get; } = [];

    public int Version => inner.Version;

    public int ContextLength => inner.ContextLength;

    public int VocabularySize => inner.VocabularySize;

    public long ParameterCount => inner.ParameterCount;

    public float[] Weights => [.. inner.Tensors.SelectMany(tensor => inner.Weight(tensor.Name).ToArray())];

    public LossReport Accumulate(TokenBatch batch, TargetRecords records, IObjective objective)
    {
        Learned.Add((batch, records));
        return inner.Accumulate(batch, records, replace?.Invoke(records, objective) ?? objective);
    }

    public void Score(TokenBatch batch, Span<float> logProbs_M, Span<float> entropies_M, Span<int> argmax_M = default, int entropyTopK = 0) =>
        inner.Score(batch, logProbs_M, entropies_M, argmax_M, entropyTopK);

    public StepReport Step(OptimizerStep step) => inner.Step(step);

    public void ResetOptimizer() => inner.ResetOptimizer();

    public IPolicy Snapshot() => inner.Snapshot();

    public IDecodingSession OpenSession(int maxRows, ulong seed) => inner.OpenSession(maxRows, seed);

    public void SaveWeights(string folder, WeightType type = WeightType.Float32) => inner.SaveWeights(folder, type);

    public void SaveOptimizer(string folder, bool withWeights = false) => inner.SaveOptimizer(folder, withWeights);

    public void LoadOptimizer(string folder) => inner.LoadOptimizer(folder);

    public string WeightsHash() => inner.WeightsHash();

    public void Dispose() => inner.Dispose();
}
