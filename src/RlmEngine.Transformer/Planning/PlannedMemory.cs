using RlmEngine.Curriculum;
using RlmEngine.Recipes;
using RlmEngine.Tasks;
using RlmEngine.Training;

namespace RlmEngine.Transformer.Planning;

/// <summary>The largest memory of a recipe's phases.</summary>
internal sealed class PlannedMemory
{
    private readonly int _scoredRows;

    public PlannedMemory(Recipe recipe, ModelConfig config, CorpusSample corpus, IReadOnlyList<IReadOnlyList<TaskSizes>> tasks)
    {
        _scoredRows = ScoredRows(recipe, corpus, config);
        Train = MemoryPlan.Model(config, isTrained: true);
        for (int i = 0; i < recipe.Stages.Count; i++)
        {
            MemoryNeed train = TrainOf(recipe.Stages[i], config, corpus, tasks[i]);
            Train = train.Total > Train.Total ? train : Train;
            foreach (TaskSizes task in tasks[i])
                Widen(config, task, (long)recipe.Stages[i].Prompts * recipe.Stages[i].GroupSize, recipe.Stages[i].Sampling.MaxRows, recipe.Stages[i].GroupSize);
        }

        // A reference scores with all of a stage's micro-batches; a curriculum's own model is gone before training begins.
        long reference = recipe.Stages.Any(stage => stage.Objective.KlWeight > 0) ? MemoryPlan.Score(config, _scoredRows).Total : 0;
        long proxy = PlannedModel.ProxiesOf(recipe).Select(folder => MemoryPlan.Score(PlannedModel.ProxyConfig(folder) with { Compute = config.Compute }, _scoredRows).Total).DefaultIfEmpty().Max();
        OtherModels = Math.Max(reference, proxy);
    }

    /// <summary>Training, the largest of all stages.</summary>
    public MemoryNeed Train { get; }

    /// <summary>Drawing, the largest of all tasks; null when nothing is drawn.</summary>
    public MemoryNeed? Rollout { get; private set; }

    /// <summary>Bytes of a reference or of a curriculum's own model.</summary>
    public long OtherModels { get; }

    private MemoryNeed TrainOf(StageOptions stage, ModelConfig config, CorpusSample corpus, IReadOnlyList<TaskSizes> tasks)
    {
        int sequence = stage.SequenceLength > 0 ? Math.Min(stage.SequenceLength, config.ContextLength) : config.ContextLength;
        int piece = Math.Min(sequence, corpus.Longest);
        double shortest = Math.Max(1, Math.Min(corpus.Mean, sequence));
        foreach (TaskSizes task in tasks)
        {
            piece = Math.Max(piece, task.LongestPrompt + task.Completion);
            shortest = Math.Min(shortest, Math.Max(1, task.CompletionAtBudget));
        }

        int rows = Math.Max(stage.MicroBatchTokens, piece);
        return MemoryPlan.Train(config, rows, (int)(rows / shortest) + 1, _scoredRows);
    }

    // Scoring passes take so many rows at once, more only where one document's window is longer, and never more than there are.
    private static int ScoredRows(Recipe recipe, CorpusSample corpus, ModelConfig config)
    {
        int documents = recipe.Stages.SelectMany(stage => stage.Tasks).Where(task => task.Type == TaskType.NextToken)
            .Select(task => (task.Curriculum ?? new CurriculumOptions()).Documents).Append(recipe.Evaluation.LossDocuments).Max();
        int longest = Math.Max(RunAssembly.ScoredRows, Math.Min(corpus.Longest, config.ContextLength));
        return (int)Math.Min(longest, documents * corpus.Mean);
    }

    private void Widen(ModelConfig config, TaskSizes task, long completions, int maxRows, int groupSize)
    {
        int rows = (int)Math.Min(maxRows, completions);
        MemoryNeed need = MemoryPlan.Rollout(config, rows, task.LongestPrompt + task.Completion, task.LongestPrompt, groupSize);
        Rollout = Rollout is null || need.Total > Rollout.Total ? need : Rollout;
    }
}
