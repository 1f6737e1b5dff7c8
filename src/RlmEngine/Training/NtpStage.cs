using RlmEngine.Losses;
using RlmEngine.Metrics;
using RlmEngine.Policies;
using RlmEngine.Recipes;

namespace RlmEngine.Training;

/// <summary>Teacher-forced learning on documents: the base stage, the NTP baseline, continued pre-training, supervised fine-tuning.</summary>
public sealed class NtpStage : IStage
{
    private readonly RunContext _context;
    private readonly StageOptions _options;
    private readonly LearningRate _learningRate;
    private readonly StageDocuments _documents;

    /// <summary>Creates the stage.</summary>
    /// <param name="context">The run.</param>
    /// <param name="options">The stage's options, method ntp or sft.</param>
    /// <param name="index">Index of the stage in the recipe, so that stages see different thoughts.</param>
    public NtpStage(RunContext context, StageOptions options, int index = 0)
    {
        (_context, _options) = (context, options);
        _learningRate = new LearningRate(options.LearningRate, options.Steps);
        _documents = new StageDocuments(context, options, index);
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, long> Cursor => _documents.Cursor;

    /// <inheritdoc/>
    public void Restore(IReadOnlyDictionary<string, long> cursor) => _documents.Restore(cursor);

    /// <inheritdoc/>
    public StageStep Step(int step, StepMetrics metrics)
    {
        var clock = new PhaseClock();
        _context.Flops.Clear();
        List<DocumentWindow> windows = _documents.Next(step);
        var objective = new GroupRelativeObjective(new ObjectiveOptions { NtpWeight = 1 }, ObjectiveTotals.Of(windows));
        clock.Enter(Phase.Update);
        LossReport loss = default;
        foreach (MicroBatch batch in TokenBatchBuilder.MicroBatches(windows, _options.MicroBatchTokens))
        {
            loss += _context.Policy.Accumulate(batch.Tokens, batch.Records, objective);
            _context.Flops.AddUpdate(_context.Policy.Operations, [batch]);
        }
        double rate = _learningRate.At(step);
        StepReport update = _context.Policy.Step(_context.OptimizerAt(rate));
        clock.Stop();
        _context.Flops.WriteTo(metrics);
        StepRecorder.Update(metrics, loss, update, rate);
        StepRecorder.Times(metrics, clock, default, trainTokens: windows.Sum(w => w.Tokens.Length - 1));
        return new StageStep();
    }

    /// <inheritdoc/>
    public void Dispose() => _documents.Dispose();
}
