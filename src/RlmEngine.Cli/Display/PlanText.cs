using RlmEngine.Transformer.Planning;

namespace RlmEngine.Cli.Display;

/// <summary>A plan as lines for a person.</summary>
internal static class PlanText
{
    private const string Units = " kMGTPEZY";

    /// <summary>Model, corpus, stages, memory, disk and time.</summary>
    public static IEnumerable<string> Lines(RunPlan plan) =>
        [.. Head(plan), .. plan.Stages.SelectMany(Stage), .. Evaluation(plan), .. Needs(plan), .. Time(plan), .. plan.Notes.Select(note => $"note        {note}")];

    private static IEnumerable<string> Head(RunPlan plan)
    {
        string from = plan.Checkpoint is null ? "new" : $"{plan.Checkpoint}{(plan.HasWeights ? "" : " (no weights in it)")}";
        yield return $"plan        {plan.Recipe}; nothing is written";
        yield return $"model       {from}: {plan.Config.Family.ToString().ToLowerInvariant()}, {plan.Parameters.Total:N0} parameters, "
            + $"context {plan.Config.ContextLength:N0}, vocabulary {plan.Config.VocabularySize:N0}, tokenizer {plan.TokenizerSize:N0}"
            + (plan.Chats.Count == 0 ? "" : $", chat {string.Join(", ", plan.Chats)}");
        yield return $"corpus      {plan.Corpus.Documents.Count} documents read: {plan.Corpus.Mean:N0} tokens on average, {plan.Corpus.Longest:N0} at most";
    }

    private static IEnumerable<string> Stage(StagePlan stage)
    {
        StageCost most = stage.AtMost;
        string rollouts = stage.Prompts == 0 ? "" : $", {stage.Prompts:N0} prompts, {most.Rollouts:N0} rollouts";
        yield return $"stage       {stage.Name}: {stage.Steps:N0} steps{rollouts}";
        foreach (TaskSizes task in stage.Tasks)
        {
            yield return $"            {task.Task.Type.ToString().ToLowerInvariant()}: prompts of {task.Prompt:N0} tokens on average, {task.LongestPrompt:N0} at most "
                + $"({task.OwnText} of their own, room for {task.Room:N0} of the document), completions of {task.Completion:N0} at most"
                + (task.Task.Budget is null ? "" : $", {task.CompletionAtBudget:N0} at the budget");
        }

        yield return "            " + Cost(most, stage.Seconds);
        if (stage.AtBudget is { } budget)
            yield return "            at the budget, no group drawn again: " + Cost(budget, stage.SecondsAtBudget);
    }

    private static IEnumerable<string> Evaluation(RunPlan plan) => [$"evaluation  {Cost(plan.Evaluation, plan.EvaluationSeconds)}"];

    private static IEnumerable<string> Needs(RunPlan plan)
    {
        yield return $"memory      {ByteText.Of(plan.Train.Total)} to train"
            + (plan.Rollout is { } rollout ? $", {ByteText.Of(rollout.Total)} to roll out" : "")
            + (plan.OtherModels > 0 ? $", {ByteText.Of(plan.OtherModels)} for another model" : "")
            + $"; {ByteText.Of(plan.PeakMemory)} at the peak";
        yield return plan.FitsMemory
            ? $"            fits in the {ByteText.Of(plan.AvailableMemory)} of this machine"
            : $"            DOES NOT FIT in the {ByteText.Of(plan.AvailableMemory)} of this machine";
        yield return $"disk        {ByteText.Of(plan.CheckpointBytes)} a checkpoint, {ByteText.Of(plan.DiskBytes)} for all that stand at once";
    }

    private static IEnumerable<string> Time(RunPlan plan)
    {
        if (plan is not { Rate: { } rate, Seconds: { } seconds, SecondsAtBudget: { } atBudget })
            yield break;
        string least = atBudget < seconds ? $", {TimeOf(atBudget)} when thoughts keep to their budgets" : "";
        yield return $"time        {TimeOf(seconds)} at most{least}: at {MachineRate.Share:P0} of the {Short(rate.GemmFlops)}FLOP/s of a measured matrix product, "
            + $"reading memory at {Short(rate.ReadBytes)}B/s";
    }

    private static string Cost(StageCost cost, PhaseSeconds? seconds)
    {
        List<string> parts = [];
        void Add(double tokens, string what, double flops, double? time)
        {
            if (tokens > 0)
                parts.Add($"{Short(tokens)} {what} ({Short(flops)}FLOP{(time is { } known ? $", {TimeOf(known)}" : "")})");
        }

        Add(cost.GeneratedTokens, "tokens drawn", cost.RolloutFlops, seconds?.Rollout);
        Add(cost.ScoredTokens, "scored", cost.ScoreFlops, seconds?.Score);
        Add(cost.TrainedTokens, $"trained, {Short(cost.Targets)} of them targets", cost.TrainFlops, seconds?.Train);
        return parts.Count == 0 ? "nothing" : string.Join("; ", parts);
    }

    /// <summary>Three digits and a unit: 12.3 k, 4.56 T.</summary>
    private static string Short(double value)
    {
        int unit = 0;
        for (; value >= 999.5 && unit < Units.Length - 1; unit++)
            value /= 1000;
        string digits = value >= 99.95 || unit == 0 ? $"{value:0}" : value >= 9.995 ? $"{value:0.0}" : $"{value:0.00}";
        return unit == 0 ? digits + " " : $"{digits} {Units[unit]}";
    }

    private static string TimeOf(double seconds) => seconds switch
    {
        < 90 => $"{seconds:0.0} s",
        < 5400 => $"{seconds / 60:0.0} min",
        < 172_800 => $"{seconds / 3600:0.0} h",
        < 100 * 31_557_600.0 => $"{seconds / 86_400:N0} days",
        _ => $"{seconds / 31_557_600:N0} years",
    };
}
