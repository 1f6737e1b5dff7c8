using RlmEngine.Curriculum;
using RlmEngine.Policies;
using RlmEngine.Recipes;
using RlmEngine.Tasks;
using RlmEngine.Training;

namespace RlmEngine.Transformer.Planning;

/// <summary>Holds a recipe against its model's folder and its corpus, and works out what the run would do; writes nothing, loads no weights.</summary>
public sealed class RunPlanner
{
    private const int SampledDocuments = 256;
    private const int ShuffledDocuments = 256;
    private const int TokenizerBytes = 100_000;
    private readonly Recipe _recipe;
    private readonly PlannedModel _model;
    private readonly CorpusSample _corpus;
    private readonly StagePlanner _stages;
    private readonly List<string> _notes = [];

    private RunPlanner(Recipe recipe)
    {
        _recipe = recipe with { Corpus = recipe.Corpus with { ShuffleBuffer = Math.Min(recipe.Corpus.ShuffleBuffer, ShuffledDocuments) } };
        _model = PlannedModel.Of(_recipe, TokenizerBytes);
        _corpus = CorpusSample.Of(RunAssembly.OpenCorpus(_recipe), _model.Tokenizer, SampledDocuments);
        _stages = new StagePlanner(new FlopCount(_model.Config), _model.Config.ContextLength, _corpus);
    }

    /// <summary>Works out the plan.</summary>
    /// <param name="recipe">The resolved recipe.</param>
    /// <param name="measure">Measures this machine's rate once all else is known to be right; null leaves the times out.</param>
    /// <exception cref="InvalidDataException">The folder or the corpus is missing, damaged, not supported, or does not fit the recipe.</exception>
    /// <exception cref="Metrics.UserInputException">A task's prompt does not fit in the model's context.</exception>
    public static RunPlan Plan(Recipe recipe, Func<MachineRate>? measure) =>
        new RunPlanner(RunAssembly.WithChatTemplates(RunAssembly.WithModelFolders(recipe))).Plan(measure);

    private RunPlan Plan(Func<MachineRate>? measure)
    {
        TaskSizes[][] tasks = [.. _recipe.Stages.Select((stage, index) => SizesOf(stage, index))];
        MachineRate? rate = measure?.Invoke();
        StagePlan[] stages = [.. _recipe.Stages.Select((stage, index) => PlanOf(stage, tasks[index], rate))];
        StageCost evaluation = Evaluation(tasks);
        PlannedMemory memory = new(_recipe, _model.Config, _corpus, tasks);
        // Rounded model files take two bytes a weight, and the exact weights stand beside the moments.
        double copies = _recipe.Checkpoints.Weights == WeightType.Float32 ? 3 : 3.5;
        long checkpoint = (long)(copies * memory.Train.Weights);
        int written = _recipe.Stages.Count + (_recipe.Checkpoints.Every > 0 ? _recipe.Stages.Sum(stage => stage.Steps) / _recipe.Checkpoints.Every : 0);
        return new RunPlan
        {
            Recipe = _recipe.Name,
            Checkpoint = _recipe.Model.Checkpoint,
            HasWeights = _model.HasWeights,
            Config = _model.Config,
            Parameters = _model.Parameters,
            TokenizerSize = _model.Tokenizer.VocabularySize,
            Chats = [.. _recipe.Stages.SelectMany(stage => stage.Tasks).Select(task => task.Prompt?.Chat).OfType<string>().Where(chat => chat != "plain").Distinct()],
            Corpus = _corpus,
            Stages = stages,
            Evaluation = evaluation,
            EvaluationSeconds = rate?.SecondsOf(evaluation, _model.Config),
            Train = memory.Train,
            Rollout = memory.Rollout,
            OtherModels = memory.OtherModels,
            AvailableMemory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
            CheckpointBytes = checkpoint,
            DiskBytes = checkpoint * Math.Min(written, _recipe.Checkpoints.Keep + 1),
            Rate = rate,
            Notes = _notes,
        };
    }

    private TaskSizes[] SizesOf(StageOptions stage, int index)
    {
        if (stage.SequenceLength > _model.Config.ContextLength)
            _notes.Add($"stages.{stage.Name}: sequenceLength {stage.SequenceLength} is cut to the model's context of {_model.Config.ContextLength}");
        if (FlopMatch.IsMatched(stage))
            _notes.Add($"stages.{stage.Name}: takes as many steps as its flops pay for, which the run itself works out; not counted here");
        return
        [
            .. stage.Tasks.Select((task, t) => TaskSizes.Of(
                task, $"stages.{index}.tasks.{t}", _model.Tokenizer, _model.Config.ContextLength, stage.Steps, _stages.SequenceLength(stage), _corpus)),
        ];
    }

    private StagePlan PlanOf(StageOptions stage, TaskSizes[] tasks, MachineRate? rate)
    {
        bool isNtp = stage.Method != StageMethod.Reinforce;
        StageCost atMost = isNtp ? _stages.Ntp(stage) : _stages.Reinforce(stage, tasks, isAtBudget: false);
        StageCost? atBudget = tasks.Any(task => task.Task.Budget is not null) || stage.DynamicSampling.FromStep >= 0
            ? _stages.Reinforce(stage, tasks, isAtBudget: true)
            : null;
        return new StagePlan(stage.Name, stage.Steps, isNtp ? 0 : (long)stage.Steps * stage.Prompts, tasks, atMost, atBudget)
        {
            Seconds = rate?.SecondsOf(atMost, _model.Config),
            SecondsAtBudget = atBudget is null ? null : rate?.SecondsOf(atBudget, _model.Config),
        };
    }

    // Losses at the start, at each stage's end and in between; both evaluations; the documents that are scored for tiers.
    private StageCost Evaluation(TaskSizes[][] tasks)
    {
        var options = _recipe.Evaluation;
        double losses = 3 + _recipe.Stages.Sum(stage => 1 + (options.LossEvery > 0 ? stage.Steps / options.LossEvery : 0));
        StageCost cost = losses * _stages.Score(options.LossDocuments);
        TaskSizes[] all = [.. tasks.SelectMany(stage => stage)];
        foreach (TaskSizes task in all.Where(task => task.Task.Type == TaskType.NextToken))
            cost += _stages.Score((task.Task.Curriculum ?? new CurriculumOptions()).Documents);
        if (options.NextTokenPerTier > 0 && all.LastOrDefault(task => task.Task.Type == TaskType.NextToken) is { } next)
        {
            double positions = 3.0 * options.NextTokenPerTier;
            cost += _stages.Score(options.NextTokenPerTier) + (2 * _stages.Evaluate(next, positions, options.Samples, options.Sampling, isAtBudget: false));
        }

        if (options.Restorations > 0 && all.LastOrDefault(task => task.Task.Type == TaskType.SpanRestoration) is { } restoration)
            cost += 2 * _stages.Evaluate(restoration, options.Restorations, options.Samples, options.Sampling, isAtBudget: false);
        return cost;
    }
}
