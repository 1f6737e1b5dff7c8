namespace RlmEngine.Transformer.Planning;

/// <summary>What a run would do and need, worked out from its recipe, a sample of its corpus and its model's shape.</summary>
public sealed record RunPlan
{
    /// <summary>The recipe's name.</summary>
    public required string Recipe { get; init; }

    /// <summary>Folder of the model the run starts from; null for a new one.</summary>
    public string? Checkpoint { get; init; }

    /// <summary>True when that folder holds weights, and not config.json and tokenizer alone.</summary>
    public required bool HasWeights { get; init; }

    /// <summary>The model's shape.</summary>
    public required ModelConfig Config { get; init; }

    /// <summary>Its parameters.</summary>
    public required ParameterCount Parameters { get; init; }

    /// <summary>Ids of the tokenizer.</summary>
    public required int TokenizerSize { get; init; }

    /// <summary>Chat templates of the tasks' prompts, each once; "plain" for none.</summary>
    public required IReadOnlyList<string> Chats { get; init; }

    /// <summary>Documents read for the plan.</summary>
    public required CorpusSample Corpus { get; init; }

    /// <summary>The stages, in order.</summary>
    public required IReadOnlyList<StagePlan> Stages { get; init; }

    /// <summary>Both evaluations and the scoring of documents for them and for the curriculum, at most.</summary>
    public required StageCost Evaluation { get; init; }

    /// <summary>Seconds of that.</summary>
    public PhaseSeconds? EvaluationSeconds { get; init; }

    /// <summary>Memory while training, the largest of all stages.</summary>
    public required MemoryNeed Train { get; init; }

    /// <summary>Memory while drawing, the largest of all stages; null when nothing is drawn.</summary>
    public MemoryNeed? Rollout { get; init; }

    /// <summary>Bytes of other models: the reference of the KL term, a curriculum's own.</summary>
    public required long OtherModels { get; init; }

    /// <summary>Bytes at the peak: buffers of training are kept while drawing.</summary>
    public long PeakMemory => Train.Total + OtherModels + (Rollout is { } rollout ? rollout.KeyValueCache + rollout.Activations + rollout.LogitsTile : 0);

    /// <summary>Memory of this machine, or of the part of it this process may use.</summary>
    public required long AvailableMemory { get; init; }

    /// <summary>Whether the peak fits.</summary>
    public bool FitsMemory => PeakMemory <= AvailableMemory;

    /// <summary>Bytes of one checkpoint: weights and moments.</summary>
    public required long CheckpointBytes { get; init; }

    /// <summary>Bytes of the checkpoints that stand at once, one of them being written.</summary>
    public required long DiskBytes { get; init; }

    /// <summary>The rate the times are worked out from; null when it was not measured.</summary>
    public MachineRate? Rate { get; init; }

    /// <summary>Seconds of everything at most; null without a rate.</summary>
    public double? Seconds => Rate is null ? null : Stages.Sum(stage => stage.Seconds!.Total) + EvaluationSeconds!.Total;

    /// <summary>Seconds when thoughts keep to their budgets; null without a rate.</summary>
    public double? SecondsAtBudget => Rate is null ? null : Stages.Sum(stage => (stage.SecondsAtBudget ?? stage.Seconds)!.Total) + EvaluationSeconds!.Total;

    /// <summary>What is allowed and yet worth a second look.</summary>
    public required IReadOnlyList<string> Notes { get; init; }
}

/// <summary>One stage of a plan.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Steps">Optimizer steps.</param>
/// <param name="Prompts">Prompts of all steps; 0 for next-token prediction.</param>
/// <param name="Tasks">Lengths of its tasks.</param>
/// <param name="AtMost">Its cost when every completion is as long as it may be.</param>
/// <param name="AtBudget">Its cost when thoughts keep to their budgets; null where no task has one.</param>
public sealed record StagePlan(string Name, int Steps, long Prompts, IReadOnlyList<TaskSizes> Tasks, StageCost AtMost, StageCost? AtBudget)
{
    /// <summary>Seconds of <see cref="AtMost"/>; null when no rate was measured.</summary>
    public PhaseSeconds? Seconds { get; init; }

    /// <summary>Seconds of <see cref="AtBudget"/>.</summary>
    public PhaseSeconds? SecondsAtBudget { get; init; }
}
