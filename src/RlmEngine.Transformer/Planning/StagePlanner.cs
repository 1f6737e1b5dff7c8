using RlmEngine.Recipes;
using RlmEngine.Rewards;
using RlmEngine.Rollouts;

namespace RlmEngine.Transformer.Planning;

/// <summary>Counts what the stages of a recipe do with a model, from mean lengths.</summary>
/// <param name="flops">Operations of the model.</param>
/// <param name="contextLength">The model's context.</param>
/// <param name="corpus">Lengths of documents.</param>
public sealed class StagePlanner(FlopCount flops, int contextLength, CorpusSample corpus)
{
    private const int DefaultDocumentTokens = 8192;

    /// <summary>A stage of teacher-forced next-token prediction.</summary>
    public StageCost Ntp(StageOptions stage) => (double)stage.Steps * (Documents(stage.DocumentTokens ?? DefaultDocumentTokens, SequenceLength(stage)) + Update(1));

    /// <summary>A stage of reinforcement.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="tasks">Lengths of its tasks.</param>
    /// <param name="isAtBudget">Thoughts keep to their budgets, and no group is drawn again; else everything is as long as it may be.</param>
    public StageCost Reinforce(StageOptions stage, IReadOnlyList<TaskSizes> tasks, bool isAtBudget)
    {
        double weights = tasks.Sum(task => task.Task.Weight);
        StageCost drawn = new(), learned = new();
        foreach (TaskSizes task in tasks)
        {
            double prompts = stage.Prompts * task.Task.Weight / weights;
            double length = isAtBudget ? task.CompletionAtBudget : task.Completion;
            drawn += prompts * (Draw(task, stage.GroupSize, length) + Reward(task, stage.GroupSize, length));
            learned += prompts * Learn(stage, task, length);
        }

        double rows = Math.Min(stage.Sampling.MaxRows, (double)stage.Prompts * stage.GroupSize);
        double longest = tasks.Max(task => isAtBudget ? task.CompletionAtBudget : task.Completion);
        drawn = drawn with { DecodingSteps = Math.Max(longest, drawn.GeneratedTokens / rows) };
        int feed = stage.Objective.NtpWeight > 0 ? stage.DocumentTokens ?? 0 : 0;
        StageCost update = stage.Objective.Epochs * (learned + Documents(feed, SequenceLength(stage)) + Update(1));
        StageCost reference = stage.Objective.KlWeight == 0
            ? new StageCost()
            : new StageCost { ScoredTokens = learned.TrainedTokens, ScoreFlops = learned.TrainFlops / 3 };
        double again = isAtBudget || stage.DynamicSampling.FromStep < 0 ? 0 : Math.Max(0, stage.Steps - stage.DynamicSampling.FromStep);
        return ((stage.Steps + (again * (stage.DynamicSampling.MaxDraws - 1))) * drawn) + (stage.Steps * (update + reference));
    }

    /// <summary>Documents scored to measure difficulty.</summary>
    public StageCost Score(double documents)
    {
        double tokens = corpus.MeanCut(contextLength), all = documents * corpus.Mean;
        return new StageCost { ScoredTokens = all, ScoreFlops = documents * corpus.Mean / tokens * flops.Forward(tokens, tokens, FlopCount.Keys(0, tokens)) };
    }

    /// <summary>Completions of evaluation prompts.</summary>
    public StageCost Evaluate(TaskSizes task, double prompts, int samples, SamplingOptions sampling, bool isAtBudget)
    {
        double length = isAtBudget ? task.CompletionAtBudget : task.Completion;
        double rows = Math.Max(1, Math.Min(sampling.MaxRows, prompts * samples));
        StageCost cost = prompts * Draw(task, samples, length);
        return cost with { DecodingSteps = prompts == 0 ? 0 : Math.Max(length, cost.GeneratedTokens / rows) };
    }

    /// <summary>Tokens that a stage's sequences are cut to.</summary>
    public int SequenceLength(StageOptions stage) => stage.SequenceLength > 0 ? Math.Min(stage.SequenceLength, contextLength) : contextLength;

    // One prefill of the prompt, then every completion behind it.
    private StageCost Draw(TaskSizes task, int groupSize, double length) => new()
    {
        Rollouts = groupSize,
        PromptTokens = task.Prompt,
        GeneratedTokens = groupSize * length,
        RolloutFlops = flops.Forward(task.Prompt, 0, FlopCount.Keys(0, task.Prompt))
            + (groupSize * flops.Forward(length, length, FlopCount.Keys(task.Prompt, length))),
    };

    // The true span behind prompt and thought, for each completion.
    private StageCost Reward(TaskSizes task, int groupSize, double length)
    {
        if (task.Task.Reward.Match != MatchReward.MeanLogProb)
            return new StageCost();
        double rows = task.Prompt + length;
        return new StageCost { ScoredTokens = groupSize * rows, ScoreFlops = groupSize * flops.Forward(rows, task.Task.MaxSpanTokens, FlopCount.Keys(0, rows)) };
    }

    // A group shares its prompt's rows unless it must be cut into several micro-batches; its document is predicted beside it.
    private StageCost Learn(StageOptions stage, TaskSizes task, double length)
    {
        double prompt = task.Prompt - 1, completions = stage.GroupSize * length;
        double pieces = Math.Clamp(Math.Ceiling(completions / Math.Max(1, stage.MicroBatchTokens - prompt)), 1, stage.GroupSize);
        StageCost group = new()
        {
            TrainedTokens = (pieces * prompt) + completions,
            Targets = completions,
            TrainFlops = flops.Train((pieces * prompt) + completions, completions,
                (pieces * FlopCount.Keys(0, prompt)) + (stage.GroupSize * FlopCount.Keys(prompt, length))),
        };
        return stage.Objective.NtpWeight > 0 ? group + Window(task.Document) : group;
    }

    private StageCost Documents(double tokens, int sequenceLength)
    {
        double window = Math.Min(corpus.MeanCut(sequenceLength), Math.Max(1, tokens));
        return tokens / window * Window(window);
    }

    private StageCost Window(double tokens) => new()
    {
        TrainedTokens = tokens,
        Targets = tokens,
        TrainFlops = flops.Train(tokens, tokens, FlopCount.Keys(0, tokens)),
    };

    private static StageCost Update(double count) => new() { Updates = count };
}
