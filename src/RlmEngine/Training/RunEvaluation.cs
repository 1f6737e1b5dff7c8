using System.Diagnostics;
using RlmEngine.Curriculum;
using RlmEngine.Evaluation;
using RlmEngine.Metrics;
using RlmEngine.Recipes;
using RlmEngine.Rewards;
using RlmEngine.Tasks;

namespace RlmEngine.Training;

/// <summary>Evaluates a run's policy before and after mid-training, on the same held-out questions.</summary>
/// <remarks>
/// Prompts carry the budget in force: B_0 before, the last B after, as the schedule of the recipe's task has it. Tiers are cut where
/// the training documents' are, by the entropy of the policy at the beginning of the first reinforce stage.
/// </remarks>
public sealed class RunEvaluation
{
    private const string PositionsFile = "positions-heldout.bin";
    private readonly RunContext _context;
    private readonly HeldOutEvaluation _evaluation;
    private readonly TaskOptions? _nextToken;
    private readonly TaskOptions? _restoration;
    private readonly TaskOptions? _problems;
    private readonly string? _stateFolder;
    private HeldOutPositions? _asked;

    /// <summary>Reads the held-out documents.</summary>
    /// <param name="context">The run.</param>
    /// <param name="stateFolder">Where the questions are kept; null scores them by the policy as it is.</param>
    public RunEvaluation(RunContext context, string? stateFolder)
    {
        (_context, _stateFolder) = (context, stateFolder);
        _evaluation = new HeldOutEvaluation(context.Corpus, context.Tokenizer, context.Recipe.Evaluation, context.Recipe.Seed);
        _nextToken = Last(TaskType.NextToken) is { } nextToken ? AnsweredByToken(nextToken) : null;
        _restoration = context.Recipe.Evaluation.Restorations > 0 && Last(TaskType.SpanRestoration) is { } span ? WithoutGain(span) : null;
        _problems = context.Recipe.Evaluation.Problems > 0 ? Last(TaskType.VerifiableAnswer) : null;
    }

    /// <summary>Where a run keeps its questions, or null when it has not asked them yet.</summary>
    /// <param name="runFolder">The run's folder.</param>
    public static string? QuestionsOf(string runFolder) =>
        File.Exists(Path.Combine(RunState.Of(runFolder), PositionsFile)) ? RunState.Of(runFolder) : null;

    /// <summary>Held-out loss, nats per token.</summary>
    public double Loss()
    {
        using Activity? activity = Telemetry.Phase("heldout-loss");
        return _evaluation.Loss(_context.Policy);
    }

    /// <summary>Evaluates the policy as it is.</summary>
    /// <param name="isAfter">True at the end of the run: prompts carry the last budget.</param>
    /// <param name="cancellation">Asked before each part.</param>
    /// <exception cref="OperationCanceledException">It was interrupted.</exception>
    public EvaluationReport Run(bool isAfter, CancellationToken cancellation = default) => Run(isAfter ? 1 : 0, 1, null, cancellation);

    /// <summary>Evaluates the policy as it is after so many steps of a stage: prompts carry the budget in force then.</summary>
    /// <param name="step">Steps of the stage done.</param>
    /// <param name="total">Steps of the stage.</param>
    /// <param name="items">Takes every answer; null for nobody.</param>
    /// <param name="cancellation">Asked before each part.</param>
    /// <exception cref="OperationCanceledException">It was interrupted.</exception>
    public EvaluationReport Run(int step, int total, ICollection<EvaluationItem>? items, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var report = new EvaluationReport { HeldOutLoss = Loss() };
        if (_nextToken is not null && _context.Recipe.Evaluation.NextTokenPerTier > 0)
        {
            cancellation.ThrowIfCancellationRequested();
            HeldOutPositions asked = _asked ??= Questions(_nextToken.Curriculum ?? new CurriculumOptions());
            var task = new NextTokenTask(
                asked.Pool, _context.Tokenizer, _nextToken, _context.Policy.ContextLength, new CompletionScorer(_context.Tokenizer, _context.Policy));
            int budget = BudgetOf(_nextToken, step, total);
            cancellation.ThrowIfCancellationRequested();
            TierAccuracy thinking = _evaluation.Think(_context.Generator, task, asked, budget, items);
            cancellation.ThrowIfCancellationRequested();
            report = report with
            {
                NextToken = thinking,
                NextTokenDirect = _evaluation.Direct(_context.Policy, asked, items),
                Budget = budget,
            };
        }
        cancellation.ThrowIfCancellationRequested();
        if (_restoration is not null)
            report = report with { Restoration = Restore(_restoration, BudgetOf(_restoration, step, total), items) };
        cancellation.ThrowIfCancellationRequested();
        return _problems is null ? report : Solve(report, _problems, BudgetOf(_problems, step, total), items);
    }

    private EvaluationReport Solve(EvaluationReport report, TaskOptions options, int budget, ICollection<EvaluationItem>? items)
    {
        using var task = (VerifiableAnswerTask)RunAssembly.OpenTask(_context, options, poolFile: null);
        using var direct = (VerifiableAnswerTask)RunAssembly.OpenTask(_context, options with { MaxThinkTokens = 0, Budget = null }, poolFile: null);
        return report with
        {
            Problem = _evaluation.Solve(_context.Generator, task, task.HeldOut(_context.Recipe.Evaluation.Problems, budget), items),
            ProblemDirect = _evaluation.SolveDirectly(
                _context.Generator, direct, task.HeldOut(_context.Recipe.Evaluation.Problems, budget, thinks: false), items),
        };
    }

    // Information gain tells no right from wrong, and a completion that ends with its thought has no answer.
    private static TaskOptions AnsweredByToken(TaskOptions task) => task.Reward.Match == MatchReward.InformationGain
        ? task with { MaxAnswerTokens = 1, Reward = task.Reward with { Match = MatchReward.Token } }
        : task;

    private static TaskOptions WithoutGain(TaskOptions task) => task.Reward.Match == MatchReward.InformationGain
        ? task with { Reward = task.Reward with { Match = MatchReward.EditSimilarity } }
        : task;

    private RestorationScore Restore(TaskOptions options, int budget, ICollection<EvaluationItem>? items)
    {
        var scorer = new CompletionScorer(_context.Tokenizer, _context.Policy);
        var documents = new TokenizedDocuments(_context.Corpus, _context.Tokenizer);
        using var task = new SpanRestorationTask(documents, _context.Tokenizer, options, _context.Policy.ContextLength, scorer);
        return _evaluation.Restore(_context.Generator, task, budget, items);
    }

    private HeldOutPositions Questions(CurriculumOptions options)
    {
        PositionPool Score() => DifficultyModel.Score(
            _context, _evaluation.Documents, options with { Documents = _evaluation.Documents.Count, MinEntropy = 0 },
            options.Rule == TierRule.Quantile ? TrainingCuts(options) : null);
        PositionPool pool = _stateFolder is null ? Score() : RunAssembly.ReadOrMake(Path.Combine(_stateFolder, PositionsFile), Score);
        return HeldOutPositions.Draw(pool, _context.Recipe.Evaluation.NextTokenPerTier, _context.Recipe.Seed);
    }

    // The questions are made just before the first reinforce stage, so a pool scored for them is the one that stage will draw from.
    private TierCuts TrainingCuts(CurriculumOptions options)
    {
        StageOptions? first = _context.Recipe.Stages.FirstOrDefault(stage => stage.Method == StageMethod.Reinforce);
        int task = first is null ? -1 : first.Tasks.TakeWhile(t => !ReferenceEquals(t, _nextToken)).Count();
        PositionPool pool = _stateFolder is null || first is null || task == first.Tasks.Count
            ? RunAssembly.ScoreTraining(_context, options, first?.FirstPass ?? 0)
            : RunAssembly.ReadOrMake(
                RunAssembly.PoolFile(_stateFolder, first.Name, task), () => RunAssembly.ScoreTraining(_context, options, first.FirstPass));
        return pool.Cuts;
    }

    private static int BudgetOf(TaskOptions options, int step, int total) =>
        options.Budget is { } budget ? new TokenBudget(budget).At(step, total) : 0;

    private TaskOptions? Last(TaskType type) =>
        (_context.Recipe.Evaluation.Tasks is { Count: > 0 } own ? own : _context.Recipe.Stages.SelectMany(stage => stage.Tasks))
        .LastOrDefault(task => task.Type == type);
}
