using RlmEngine.Advantages;
using RlmEngine.Losses;
using RlmEngine.Metrics;
using RlmEngine.Policies;
using RlmEngine.Recipes;
using RlmEngine.Rewards;
using RlmEngine.Rollouts;

namespace RlmEngine.Training;

/// <summary>Reinforcement mid-training: rollouts, rewards, group-relative advantages, and L = L_RL / N_RL + λ · L_NTP / N_NTP.</summary>
/// <remarks>
/// With ratio 1 and centred advantages L_RL is about 0 while its gradient is not: watch the reward and the gradient norm.
/// Differences from the RMT paper, which leaves them open or writes REINFORCE: the ratio form of the loss (equal at one epoch),
/// masked documents are those the step's tokens were drawn from.
/// </remarks>
public sealed class ReinforceStage : IStage
{
    private readonly RunContext _context;
    private readonly StageOptions _options;
    private readonly TaskMixture _tasks;
    private readonly IPolicy? _reference;
    private readonly IPolicy? _average;
    private readonly DynamicSampler _sampler;
    private readonly LearningRate _learningRate;
    private readonly DocumentFeed? _feed;
    private readonly int _sequenceLength;

    /// <summary>Creates the stage.</summary>
    /// <param name="context">The run.</param>
    /// <param name="options">The stage's options.</param>
    /// <param name="tasks">Its tasks; the stage disposes them.</param>
    /// <param name="index">Index of the stage in the recipe.</param>
    /// <param name="reference">The frozen policy of the KL term; needed when its weight is above 0. The stage disposes it.</param>
    /// <param name="average">The slow copy that the tasks' information gain is measured against; null for none. The stage moves and disposes it.</param>
    public ReinforceStage(
        RunContext context, StageOptions options, TaskMixture tasks, int index, IPolicy? reference = null, IPolicy? average = null)
    {
        (_context, _options, _tasks, _reference, _average) = (context, options, tasks, reference, average);
        _sampler = new DynamicSampler(context, options, tasks, index);
        _learningRate = new LearningRate(options.LearningRate, options.Steps);
        _sequenceLength = context.SequenceLengthOf(options);
        _feed = options.DocumentTokens > 0 ? new DocumentFeed(context.Corpus, context.Tokenizer, _sequenceLength, options.FirstPass) : null;
    }

    /// <inheritdoc/>
    public StageStep Step(int step, StepMetrics metrics)
    {
        var clock = new PhaseClock();
        _context.Flops.Clear();
        (RolloutBatch rollouts, RewardBatch rewards, int generated, DecodingCounts counts) = _sampler.Draw(step, clock);
        AdvantageBatch advantages = AdvantageBatch.Of(rewards, _options.Advantage);
        List<TrainingItem> items = [.. Groups(rollouts, advantages.Advantages_PG), .. Documents(rollouts.Prompts)];
        var objective = new GroupRelativeObjective(_options.Objective, ObjectiveTotals.Of(items, LongestCompletion));
        MicroBatch[] batches = [.. TokenBatchBuilder.MicroBatches(items, _options.MicroBatchTokens)];
        clock.Enter(Phase.Score);
        ScoreReference(batches);
        clock.Enter(Phase.Update);
        LossReport loss = default;
        StepReport update = default;
        double rate = _learningRate.At(step);
        for (int epoch = 0; epoch < _options.Objective.Epochs; epoch++)
        {
            LossReport report = default;
            foreach (MicroBatch batch in batches)
                report += _context.Policy.Accumulate(batch.Tokens, batch.Records, objective);
            update = _context.Policy.Step(_context.OptimizerAt(rate));
            // Clip fractions and KL mean something in the last epoch, agreement with the rollout only in the first.
            loss = epoch == 0 ? report : report with { MaxLogProbMismatch = loss.MaxLogProbMismatch, LogProbMismatchSum = loss.LogProbMismatchSum };
        }
        if (_average is not null)
            _context.Policy.MoveSnapshot(_average, 1 - _options.AverageDecay);
        _context.Flops.AddUpdate(_context.Policy.Operations, batches, _options.Objective.Epochs);
        clock.Stop();
        _context.Flops.WriteTo(metrics);
        StepRecorder.Rollouts(metrics, rollouts, rewards, advantages.ZeroVarianceFraction, generated);
        StepRecorder.Update(metrics, loss, update, rate);
        StepRecorder.Times(metrics, clock, counts, batches.Sum(b => b.Tokens.RowCount));
        return new StageStep(rollouts, rewards);
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, long> Cursor
    {
        get
        {
            var cursor = new Dictionary<string, long>(_tasks.Cursor);
            foreach ((string name, long value) in _feed?.Cursor ?? new Dictionary<string, long>())
                cursor["feed." + name] = value;
            return cursor;
        }
    }

    /// <inheritdoc/>
    public void Restore(IReadOnlyDictionary<string, long> cursor)
    {
        _tasks.Restore(cursor);
        _feed?.Restore(cursor.Where(c => c.Key.StartsWith("feed.", StringComparison.Ordinal)).ToDictionary(c => c.Key[5..], c => c.Value));
    }

    /// <inheritdoc/>
    public void Save(string folder)
    {
        if (_average is null)
            return;
        string average = Directory.CreateDirectory(Path.Combine(folder, AverageFolder)).FullName;
        _average.SaveWeights(average);
    }

    /// <summary>Folder of a checkpoint that holds the slow copy.</summary>
    internal const string AverageFolder = "average";

    /// <inheritdoc/>
    public void Dispose()
    {
        _tasks.Dispose();
        _feed?.Dispose();
        _reference?.Dispose();
        _average?.Dispose();
    }

    private int LongestCompletion => _options.Tasks.Max(task => task.MaxThinkTokens + 1 + task.MaxAnswerTokens);

    private IReadOnlyList<CompletionGroup> Groups(RolloutBatch rollouts, float[] advantages_PG) => CompletionGroup.FromRollouts(
        rollouts, advantages_PG, (float)_options.Sampling.Temperature,
        _options.Sampling.ToParameters().IsTruncated ? _options.Sampling.ImportanceCap : 0);

    private List<DocumentWindow> Documents(IReadOnlyList<Prompt> prompts)
    {
        if (_options.Objective.NtpWeight == 0)
            return [];
        List<DocumentWindow> windows = MaskedDocuments.Of(prompts, _context.Tokenizer.Special.End, _sequenceLength);
        if (_feed is not null)
            windows.AddRange(_feed.Next(_options.DocumentTokens ?? 0));
        return windows;
    }

    private void ScoreReference(MicroBatch[] batches)
    {
        if (_reference is null)
            return;
        foreach (MicroBatch batch in batches)
        {
            _reference.Score(batch.Tokens, batch.Records.ReferenceLogProb_M, new float[batch.Tokens.TargetCount]);
            _context.Flops.AddScore(_reference.Operations, batch.Tokens);
        }
    }
}
