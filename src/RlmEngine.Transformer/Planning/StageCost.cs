namespace RlmEngine.Transformer.Planning;

/// <summary>What a stage, or an evaluation, costs: tokens and operations by phase.</summary>
public sealed record StageCost
{
    /// <summary>Completions drawn.</summary>
    public double Rollouts { get; init; }

    /// <summary>Tokens drawn.</summary>
    public double GeneratedTokens { get; init; }

    /// <summary>Tokens of prompts run through the model before drawing.</summary>
    public double PromptTokens { get; init; }

    /// <summary>Tokens scored without being trained on.</summary>
    public double ScoredTokens { get; init; }

    /// <summary>Tokens that go through a training pass, prompts included.</summary>
    public double TrainedTokens { get; init; }

    /// <summary>Tokens that a loss is taken of.</summary>
    public double Targets { get; init; }

    /// <summary>Operations of prompts and draws.</summary>
    public double RolloutFlops { get; init; }

    /// <summary>Operations of scoring.</summary>
    public double ScoreFlops { get; init; }

    /// <summary>Operations of training.</summary>
    public double TrainFlops { get; init; }

    /// <summary>Passes over the weights while drawing one token for each row.</summary>
    public double DecodingSteps { get; init; }

    /// <summary>Updates of the weights.</summary>
    public double Updates { get; init; }

    /// <summary>All operations.</summary>
    public double Flops => RolloutFlops + ScoreFlops + TrainFlops;

    /// <summary>The sum of two costs.</summary>
    public static StageCost operator +(StageCost left, StageCost right) => new()
    {
        Rollouts = left.Rollouts + right.Rollouts,
        GeneratedTokens = left.GeneratedTokens + right.GeneratedTokens,
        PromptTokens = left.PromptTokens + right.PromptTokens,
        ScoredTokens = left.ScoredTokens + right.ScoredTokens,
        TrainedTokens = left.TrainedTokens + right.TrainedTokens,
        Targets = left.Targets + right.Targets,
        RolloutFlops = left.RolloutFlops + right.RolloutFlops,
        ScoreFlops = left.ScoreFlops + right.ScoreFlops,
        TrainFlops = left.TrainFlops + right.TrainFlops,
        DecodingSteps = left.DecodingSteps + right.DecodingSteps,
        Updates = left.Updates + right.Updates,
    };

    /// <summary>A cost so many times over.</summary>
    public static StageCost operator *(double times, StageCost cost) => new()
    {
        Rollouts = times * cost.Rollouts,
        GeneratedTokens = times * cost.GeneratedTokens,
        PromptTokens = times * cost.PromptTokens,
        ScoredTokens = times * cost.ScoredTokens,
        TrainedTokens = times * cost.TrainedTokens,
        Targets = times * cost.Targets,
        RolloutFlops = times * cost.RolloutFlops,
        ScoreFlops = times * cost.ScoreFlops,
        TrainFlops = times * cost.TrainFlops,
        DecodingSteps = times * cost.DecodingSteps,
        Updates = times * cost.Updates,
    };
}
