using RlmEngine.Losses;
using RlmEngine.Policies;
using RlmEngine.Transformer;
using RlmEngine.Transformer.Planning;

namespace RlmEngine.Perf.Peers;

/// <summary>One training step: forward, next-token loss, backward, clipping, AdamW.</summary>
public sealed class TrainWorkload : IWorkload
{
    private readonly TransformerPolicy _policy;
    private readonly DocumentWindow[] _windows;
    private readonly int _microBatchRows;

    /// <summary>Makes a model and a batch of random documents.</summary>
    /// <param name="shape">The model.</param>
    /// <param name="batch">Documents.</param>
    /// <param name="length">Predicted tokens of each.</param>
    /// <param name="microBatchRows">Rows computed together at most.</param>
    public TrainWorkload(ModelConfig shape, int batch, int length, int microBatchRows = 2048)
    {
        _policy = TransformerPolicy.Create(shape, seed: 1);
        _microBatchRows = microBatchRows;
        var random = new Random(1);
        _windows = [.. Enumerable.Range(0, batch).Select(_ =>
            new DocumentWindow([.. Enumerable.Range(0, length + 1).Select(_ => random.Next(shape.VocabularySize))]))];
        double rows = (double)batch * length;
        Flops = new FlopCount(shape).Train(rows, rows, batch * FlopCount.Keys(0, length));
    }

    /// <inheritdoc/>
    public double Flops { get; }

    /// <inheritdoc/>
    public void Run()
    {
        var objective = new GroupRelativeObjective(new ObjectiveOptions { NtpWeight = 1 }, ObjectiveTotals.Of(_windows));
        foreach (MicroBatch batch in TokenBatchBuilder.MicroBatches(_windows, _microBatchRows))
            _policy.Accumulate(batch.Tokens, batch.Records, objective);
        _policy.Step(new OptimizerStep(1e-4, 0.9, 0.95, 1e-8, 0.01, 1));
    }

    /// <inheritdoc/>
    public void Dispose() => _policy.Dispose();
}
