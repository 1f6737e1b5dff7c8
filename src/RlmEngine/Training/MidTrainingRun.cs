using System.Diagnostics;
using System.Text.Json;
using RlmEngine.Checkpoints;
using RlmEngine.Evaluation;
using RlmEngine.Grading.Programs;
using RlmEngine.Metrics;
using RlmEngine.Policies;
using RlmEngine.Recipes;
using RlmEngine.Tokenization;

namespace RlmEngine.Training;

/// <summary>Runs a recipe from its first step, or from the last whole checkpoint, to its summary.</summary>
/// <remarks>A run is a function of its recipe: stopped anywhere and resumed, it ends with the same weights, bit for bit.</remarks>
public sealed class MidTrainingRun : IDisposable
{
    private readonly RunFolder _folder;
    private readonly IPolicyFactory _factory;
    private readonly IRunProgress _progress;
    private readonly RunContext _context;
    private readonly RunState _state;
    private readonly RunEvaluation _evaluation;
    private readonly RunJournal _journal;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private RunCursor _cursor;

    private MidTrainingRun(RunFolder folder, IPolicyFactory factory, IRunProgress progress, RunContext context, RunCursor cursor)
    {
        (_folder, _factory, _progress, _context, _cursor) = (folder, factory, progress, context, cursor);
        _state = new RunState(folder.Path, isResumed: folder.Resumed is not null);
        _evaluation = new RunEvaluation(context, _state.Folder);
        _journal = new RunJournal(folder, context.Tokenizer, cursor.Step);
    }

    /// <summary>Opens a run: makes tokenizer and policy, or takes them from the folder's last whole checkpoint.</summary>
    /// <param name="recipe">The resolved recipe.</param>
    /// <param name="folder">The run folder, new or resumed.</param>
    /// <param name="factory">Makes and loads policies.</param>
    /// <param name="progress">Follows the run.</param>
    /// <param name="programs">Where programs run that the model writes; null where the user has not allowed it.</param>
    /// <exception cref="InvalidDataException">The corpus or a checkpoint cannot be read.</exception>
    public static MidTrainingRun Open(Recipe recipe, RunFolder folder, IPolicyFactory factory, IRunProgress progress, ProgramRunner? programs = null)
    {
        recipe = RunAssembly.WithModelFolders(recipe);
        if (folder.Resumed is { } checkpoint)
        {
            progress.Note($"resuming after step {checkpoint.Cursor.Step} from {checkpoint.Folder}");
            IPolicy resumed = factory.Load(checkpoint.Folder, recipe.Model);
            resumed.LoadOptimizer(checkpoint.Folder);
            RunContext context = RunAssembly.OpenContext(recipe, ByteLevelBpe.Load(checkpoint.Folder), resumed, factory, programs);
            return Make(folder, factory, progress, context, checkpoint.Cursor);
        }
        RunContext started = Start(recipe, factory, progress, programs);
        progress.Note($"{started.Policy.ParameterCount:N0} parameters, vocabulary {started.Tokenizer.VocabularySize}, context {started.Policy.ContextLength}");
        return Make(folder, factory, progress, started, RunCursor.Start);
    }

    private static MidTrainingRun Make(RunFolder folder, IPolicyFactory factory, IRunProgress progress, RunContext context, RunCursor cursor)
    {
        try
        {
            return new MidTrainingRun(folder, factory, progress, context, cursor);
        }
        catch
        {
            context.Dispose();
            throw;
        }
    }

    private static RunContext Start(Recipe recipe, IPolicyFactory factory, IRunProgress progress, ProgramRunner? programs)
    {
        if (recipe.Model.Checkpoint is { } start)
            return RunAssembly.OpenContext(recipe, ByteLevelBpe.Load(start), factory.Load(start, recipe.Model), factory, programs);
        progress.Note("training the tokenizer");
        ITokenizer tokenizer = RunAssembly.TrainTokenizer(recipe, RunAssembly.OpenCorpus(recipe), RunAssembly.OpenWorld(recipe));
        return RunAssembly.OpenContext(recipe, tokenizer, factory.Create(recipe.Model, tokenizer.VocabularySize, recipe.Seed), factory, programs);
    }

    /// <summary>The policy, for scripts.</summary>
    public RunContext Context => _context;

    /// <summary>Takes all steps that are left, evaluates, writes summary.json.</summary>
    /// <param name="cancellation">Asked between steps and between the parts of an evaluation; between steps a checkpoint is written first.</param>
    /// <exception cref="OperationCanceledException">The run was interrupted; the folder can be resumed.</exception>
    public RunSummary Execute(CancellationToken cancellation)
    {
        using Activity? activity = Telemetry.Phase("run");
        if (_cursor.Step == 0)
            _state.Write(FirstLoss, new EvaluationReport { HeldOutLoss = _evaluation.Loss() });
        for (int stage = _cursor.StageIndex; stage < _context.Recipe.Stages.Count; stage++)
        {
            if (IsEvaluatedBefore(stage) && _state.Read(Before) is null)
                Evaluate(Before, isAfter: false, cancellation);
            Run(stage, cancellation);
        }
        EvaluationReport after = Evaluate(After, isAfter: true, cancellation);
        RunSummary summary = Summarize(after);
        _folder.WriteSummary(JsonSerializer.Serialize(summary, SummaryJson.Default.RunSummary));
        return summary;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _journal.Dispose();
        _context.Dispose();
    }

    // A model that was made here knows nothing yet: it would measure no difficulty.
    private bool IsEvaluatedBefore(int stage) => _context.Recipe.Stages[stage].Method == StageMethod.Reinforce
        || (_context.Recipe is { Evaluation.Tasks.Count: > 0, Model.Checkpoint: not null } && _cursor.Step == 0);

    private int TotalSteps => _context.Recipe.Stages.Sum(stage => stage.Steps);

    private const string FirstLoss = "evaluation-first.json";
    private const string Before = "evaluation-before.json";
    private const string After = "evaluation-after.json";
    private const string TokensSeen = "tokens";

    private void Run(int index, CancellationToken cancellation)
    {
        StageOptions options = _context.Recipe.Stages[index];
        using Activity? activity = Telemetry.Stage(options.Name);
        // Gradients of rewards and of documents differ in scale: moments of one would misjudge the other's first steps.
        if (_cursor.StageStep == 0)
            _context.Policy.ResetOptimizer();
        string? resumedFrom = _cursor.StageStep > 0 ? _folder.Resumed?.Folder : null;
        using IStage stage = RunAssembly.OpenStage(_context, index, _state.Folder, _factory, resumedFrom);
        if (_cursor.StageStep > 0)
            stage.Restore(_cursor.Counters);
        for (int step = _cursor.StageStep; step < options.Steps; step++)
        {
            var metrics = new StepMetrics(_cursor.Step + 1);
            metrics.Set("stage", options.Name);
            StageStep result = Step(stage, step, metrics);
            Advance(index, step + 1, stage, (long)metrics[StepRecorder.TrainTokens]);
            metrics.Set(MetricNames.TokensSeen, _cursor.Counters[TokensSeen]);
            bool isLast = step + 1 == options.Steps;
            if (isLast || (_context.Recipe.Evaluation.LossEvery > 0 && (step + 1) % _context.Recipe.Evaluation.LossEvery == 0))
                metrics.Set("loss/heldout", _evaluation.Loss());
            EvaluateDuring(step + 1, options, metrics, cancellation);
            _journal.Record(metrics, result);
            _progress.StepDone(new RunStep(options.Name, step + 1, options.Steps, _cursor.Step, TotalSteps, metrics));
            int every = _context.Recipe.Checkpoints.Every;
            if (isLast || cancellation.IsCancellationRequested || (every > 0 && _cursor.Step % every == 0))
                Checkpoint(options.Name, stage);
            cancellation.ThrowIfCancellationRequested();
        }
    }

    private StageStep Step(IStage stage, int step, StepMetrics metrics)
    {
        using Activity? activity = Telemetry.Step((string)metrics["stage"], metrics.Step, step + 1);
        StageStep result = stage.Step(step, metrics);
        Telemetry.SetTokens(activity, metrics);
        return result;
    }

    private void Advance(int stage, int stageStep, IStage source, long tokens)
    {
        IReadOnlyDictionary<string, long> place = source.Cursor;
        long seen = _cursor.Counters.GetValueOrDefault(TokensSeen) + tokens;
        bool isEnd = stageStep == _context.Recipe.Stages[stage].Steps;
        _cursor = _cursor with
        {
            Step = _cursor.Step + 1,
            StageIndex = isEnd ? stage + 1 : stage,
            PolicyVersion = _context.Policy.Version,
            StageStep = isEnd ? 0 : stageStep,
            CorpusPass = (int)Place(place, "pass"),
            CorpusDocument = Place(place, "document"),
            Counters = new Dictionary<string, long>(isEnd ? [] : place) { [TokensSeen] = seen },
        };
    }

    private static long Place(IReadOnlyDictionary<string, long> cursor, string name) =>
        cursor.Where(counter => counter.Key == name || counter.Key.EndsWith('.' + name)).Select(counter => counter.Value).DefaultIfEmpty(0).Max();

    /// <summary>A point of the stage's curve, where the recipe asks for one; the run's end has an evaluation of its own.</summary>
    private void EvaluateDuring(int stageStep, StageOptions stage, StepMetrics metrics, CancellationToken cancellation)
    {
        int every = _context.Recipe.Evaluation.Every;
        if (every == 0 || stageStep % every != 0 || _cursor.Step == TotalSteps || cancellation.IsCancellationRequested || _state.Read(Before) is null)
            return;
        using Activity? activity = Telemetry.Phase("evaluate");
        var items = new List<EvaluationItem>();
        // Asked to stop, a run finishes the step that it has begun, and with it this.
        EvaluationReport report = _evaluation.Run(stageStep, stage.Steps, items, CancellationToken.None);
        _folder.WriteEvaluationItems(_state.WriteItems(_cursor.Step, "during", items));
        EvaluationMetrics.Write(metrics, report);
    }

    private void Checkpoint(string name, IStage stage)
    {
        using Activity? activity = Telemetry.Phase("checkpoint");
        _journal.Flush();
        _ = _folder.Checkpoints.Save(_cursor, name, _context.Policy.WeightsHash(), _folder.RecipeHash, folder =>
        {
            // Rounded model files do not hold the run's weights: a resumed run takes them from beside the moments.
            WeightType weights = _context.Recipe.Checkpoints.Weights;
            _context.Policy.SaveWeights(folder, weights);
            _context.Policy.SaveOptimizer(folder, withWeights: weights != WeightType.Float32);
            _context.Tokenizer.Save(folder);
            stage.Save(folder);
        });
    }

    private EvaluationReport Evaluate(string name, bool isAfter, CancellationToken cancellation)
    {
        // Nothing is lost here: before the first step nothing was learned, and each stage ends with a checkpoint.
        cancellation.ThrowIfCancellationRequested();
        _progress.Note("evaluating on held-out documents");
        using Activity? activity = Telemetry.Phase("evaluate");
        var items = new List<EvaluationItem>();
        EvaluationReport report = _evaluation.Run(isAfter ? 1 : 0, 1, items, cancellation);
        _folder.WriteEvaluationItems(_state.WriteItems(_cursor.Step, isAfter ? "after" : "before", items));
        _state.Write(name, report);
        _progress.Note((isAfter ? "after: " : "before: ") + report.ToLine());
        return report;
    }

    private RunSummary Summarize(EvaluationReport after)
    {
        EvaluationReport? before = _state.Read(Before);
        return new RunSummary
        {
            Recipe = _context.Recipe.Name,
            Steps = _cursor.Step,
            Device = _factory.Device,
            Seed = _context.Recipe.Seed,
            Threads = Kernels.Dense.WorkPool.Threads,
            Parameters = _context.Policy.ParameterCount,
            NextToken = after.NextToken is null
                ? null
                : new NextTokenSummary(before?.NextToken, after.NextToken, before?.NextTokenDirect, after.NextTokenDirect),
            Restoration = after.Restoration is null ? null : new RestorationSummary(before?.Restoration, after.Restoration),
            Problem = after.Problem is null
                ? null
                : new ProblemSummary(before?.Problem, after.Problem, before?.ProblemDirect, after.ProblemDirect),
            HeldOutLoss = new HeldOutLossSummary(_state.Read(FirstLoss)?.HeldOutLoss, before?.HeldOutLoss, after.HeldOutLoss),
            PeakMemoryBytes = Process.GetCurrentProcess().PeakWorkingSet64,
            PeakDeviceMemoryBytes = _factory.PeakDeviceMemoryBytes,
            WeightsSha256 = _context.Policy.WeightsHash(),
            Seconds = _clock.Elapsed.TotalSeconds,
        }.WithMetrics(RunSummary.ReadMetrics(_folder.Path));
    }
}
