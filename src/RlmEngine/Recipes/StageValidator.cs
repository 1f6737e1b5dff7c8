using RlmEngine.Kernels.Rollout;
using RlmEngine.Losses;
using RlmEngine.Rollouts;

namespace RlmEngine.Recipes;

/// <summary>Ranges of stages: steps, learning rate, sampling, advantages, objective.</summary>
internal static class StageValidator
{
    /// <summary>Checks all stages of a recipe.</summary>
    public static void Check(RecipeChecks checks, Recipe recipe)
    {
        checks.Require(recipe.Stages.Count > 0, "stages", "the list is empty; at least one stage is needed");
        checks.Require(
            recipe.Stages.Sum(stage => (long)stage.Steps) <= int.MaxValue, "stages", $"the steps of all stages together exceed {int.MaxValue}");
        HashSet<string> names = [];
        for (int i = 0; i < recipe.Stages.Count; i++)
        {
            RecipeChecks below = checks.Below("stages", i);
            below.Require(names.Add(recipe.Stages[i].Name), "name", $"\"{recipe.Stages[i].Name}\" names two stages; names are unique");
            CheckStage(below, recipe.Stages[i], recipe.Model);
        }
    }

    /// <summary>Checks how completions are drawn; only an evaluation may be greedy.</summary>
    public static void CheckSampling(RecipeChecks checks, SamplingOptions sampling, bool isTraining)
    {
        if (isTraining)
            checks.Positive("temperature", sampling.Temperature);
        else
            checks.NotNegative("temperature", sampling.Temperature);
        checks.AtLeast("topK", sampling.TopK, 0);
        checks.ShareAboveZero("topP", sampling.TopP, 1);
        checks.Share("minP", sampling.MinP);
        checks.AtLeast("maxRows", sampling.MaxRows, 1);
        checks.Positive("importanceCap", sampling.ImportanceCap);
    }

    private static void CheckStage(RecipeChecks checks, StageOptions stage, ModelOptions model)
    {
        bool isSupervised = stage.Method != StageMethod.Reinforce;
        bool isMatched = stage.Flops > 0 || stage.MatchFlops is not null;
        checks.Name("name", stage.Name, allowDot: false);
        checks.NotNegative("flops", stage.Flops);
        checks.Require(stage.MatchFlops is null or { Length: > 0 }, "matchFlops", "an empty path; a finished run's folder, or null, is needed");
        checks.Require(stage.Flops == 0 || stage.MatchFlops is null, "matchFlops", "flops says already how many; one of the two is needed");
        checks.Require(!isMatched || isSupervised, "flops", "a reinforce stage cannot know its operations beforehand; steps, or method \"ntp\" or \"sft\", is needed");
        if (!isMatched)
            checks.AtLeast("steps", stage.Steps, 1);
        else
            checks.Require(stage.Steps == 0, "steps", $"{stage.Steps} stands beside flops or matchFlops, which say how many; 0 is needed");
        CheckLearningRate(checks.Below("learningRate"), stage.LearningRate, isMatched ? int.MaxValue : stage.Steps);
        checks.AtLeast("firstPass", stage.FirstPass, 0);
        checks.Require(
            stage.SequenceLength is 0 or >= 2, "sequenceLength", $"{stage.SequenceLength} is not possible; 0 (the model's context) or at least 2 is needed");
        checks.Require(
            model.Checkpoint is not null || stage.SequenceLength <= model.ContextLength, "sequenceLength",
            $"{stage.SequenceLength} exceeds model.contextLength, {model.ContextLength}");
        checks.AtLeast("documentTokens", stage.DocumentTokens ?? 1, isSupervised ? 1 : 0);
        checks.AtLeast("microBatchTokens", stage.MicroBatchTokens, 1);
        checks.Share("thoughtShare", stage.ThoughtShare);
        checks.Share("recallShare", stage.RecallShare);
        if (isSupervised)
        {
            checks.Require(
                stage.Tasks.Count == 0 || stage.Method == StageMethod.Sft || stage.ThoughtShare > 0 || stage.RecallShare > 0, "tasks",
                "an ntp stage only shows its tasks' thoughts; a thoughtShare or recallShare above 0, or method \"sft\" or \"reinforce\", is needed");
            CheckTasks(checks, stage, model);
            checks.AtLeast("prompts", stage.Prompts, 1);
            return;
        }

        checks.Require(stage.RecallShare == 0, "recallShare", "a reinforce stage sees no visible thoughts; 0 is needed");
        checks.Require(stage.ThoughtShare == 0, "thoughtShare", "a reinforce stage sees no visible thoughts; 0 is needed");
        CheckReinforce(checks, stage, model);
    }

    private static void CheckReinforce(RecipeChecks checks, StageOptions stage, ModelOptions model)
    {
        checks.Require(stage.Tasks.Any(task => task.Weight > 0), "tasks", "a reinforce stage needs at least one task with a weight above 0");
        CheckTasks(checks, stage, model);
        checks.Share("averageDecay", stage.AverageDecay);
        checks.AtLeast("prompts", stage.Prompts, 1);
        checks.AtLeast("groupSize", stage.GroupSize, 1);
        checks.Require(
            (long)stage.Prompts * stage.GroupSize <= int.MaxValue, "prompts", $"prompts x groupSize exceeds {int.MaxValue}");
        checks.Require(
            stage.GroupSize != 1 || stage.Advantage.Scale == AdvantageScale.None, "groupSize",
            $"a group of 1 has no {stage.Advantage.Scale switch
            {
                AdvantageScale.Std => "deviation for advantage.scale \"std\"",
                AdvantageScale.PopulationStd => "deviation for advantage.scale \"populationStd\"",
                _ => "other rewards for advantage.scale \"leaveOneOut\"",
            }}; at least 2 is needed");
        CheckSampling(checks.Below("sampling"), stage.Sampling, isTraining: true);
        checks.Below("advantage").NotNegative("epsilon", stage.Advantage.Epsilon);
        CheckObjective(checks.Below("objective"), stage.Objective);
        checks.Below("dynamicSampling").AtLeast("fromStep", stage.DynamicSampling.FromStep, -1);
        checks.Below("dynamicSampling").AtLeast("maxDraws", stage.DynamicSampling.MaxDraws, 1);
    }

    private static void CheckTasks(RecipeChecks checks, StageOptions stage, ModelOptions model)
    {
        for (int i = 0; i < stage.Tasks.Count; i++)
            TaskValidator.Check(checks.Below("tasks", i), stage.Tasks[i], model);
    }

    private static void CheckLearningRate(RecipeChecks checks, LearningRateOptions rate, int steps)
    {
        checks.Positive("peak", rate.Peak);
        checks.Share("finalShare", rate.FinalShare);
        checks.AtLeast("warmupSteps", rate.WarmupSteps, 0);
        checks.Require(rate.WarmupSteps <= Math.Max(0, steps), "warmupSteps", $"{rate.WarmupSteps} exceeds the stage's steps, {steps}");
    }

    private static void CheckObjective(RecipeChecks checks, ObjectiveOptions objective)
    {
        checks.NotNegative("ntpWeight", objective.NtpWeight);
        checks.ShareAboveZero("clipLow", objective.ClipLow, 1);
        checks.Positive("clipHigh", objective.ClipHigh);
        checks.Require(
            objective.DualClip == 0 || (objective.DualClip > 1 && double.IsFinite(objective.DualClip)), "dualClip",
            $"{objective.DualClip} is not possible; 0 (off) or a number above 1 is needed");
        checks.AtLeast("fixedLength", objective.FixedLength, 0);
        checks.NotNegative("klWeight", objective.KlWeight);
        checks.NotNegative("entropyWeight", objective.EntropyWeight);
        checks.AtLeast("epochs", objective.Epochs, 1);
    }
}
