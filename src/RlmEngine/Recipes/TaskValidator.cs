using System.Text.Json;
using RlmEngine.Corpus;
using RlmEngine.Curriculum;
using RlmEngine.Rewards;
using RlmEngine.Tasks;
using RlmEngine.Tokenization.Chat;

namespace RlmEngine.Recipes;

/// <summary>Ranges of a task: limits, budget, curriculum, reward, span.</summary>
internal static class TaskValidator
{
    /// <summary>Tokens of prompt a context must hold beside thought and answer, or there is nothing to predict from.</summary>
    internal const int SmallestPrompt = 4;

    /// <summary>Checks one task of a reinforce stage.</summary>
    /// <param name="checks">Takes the problems.</param>
    /// <param name="task">The task.</param>
    /// <param name="model">Its model.</param>
    /// <param name="isEvaluated">True for a task that is only asked, whose answers must be right or wrong.</param>
    public static void Check(RecipeChecks checks, TaskOptions task, ModelOptions model, bool isEvaluated = false)
    {
        bool isThoughtAlone = task is { Type: TaskType.NextToken, Reward.Match: MatchReward.InformationGain };
        checks.NotNegative("weight", task.Weight);
        checks.AtLeast("maxThinkTokens", task.MaxThinkTokens, isThoughtAlone ? 1 : 0);
        checks.AtLeast("maxAnswerTokens", task.MaxAnswerTokens, isThoughtAlone ? 0 : 1);
        checks.Require(
            !isEvaluated || task.Reward.Match != MatchReward.InformationGain, "reward.match",
            "informationGain tells no right answer from a wrong one; another match is needed in an evaluation");
        CheckContext(checks, task, model);
        if (task.Prompt is { } prompt)
            CheckPrompt(checks.Below("prompt"), prompt);
        if (task.Budget is { } budget)
        {
            checks.Require(task.MaxThinkTokens > 0, "maxThinkTokens", "0 leaves no thought for the budget; at least 1 is needed");
            CheckBudget(checks.Below("budget"), budget);
        }

        if (task.Curriculum is { } curriculum)
        {
            checks.Require(task.Type == TaskType.NextToken, "curriculum", "only nextToken has tiers; null, or type \"nextToken\", is needed");
            CheckCurriculum(checks.Below("curriculum"), curriculum);
        }

        CheckReward(checks, task);
        if (task.Type == TaskType.SpanRestoration)
            CheckSpan(checks, task);
        bool hasTests = task.Problems is { Form: not ProblemForm.Answer };
        checks.Below("reward").Require(
            task.Type != TaskType.VerifiableAnswer || (task.Reward.Match == MatchReward.Program) == hasTests, "match",
            hasTests ? $"\"{NameOf(task.Reward.Match)}\" does not fit programming problems; program is needed" : "program needs programming problems; name their form in problems.form");
        if (task.Problems is not { } problems)
            return;
        checks.Require(task.Type == TaskType.VerifiableAnswer, "problems", "only verifiableAnswer asks problems; null, or that type, is needed");
        CheckProblems(checks.Below("problems"), problems);
    }

    private static void CheckProblems(RecipeChecks checks, ProblemOptions problems)
    {
        checks.Require(!problems.Paths.Contains(""), "paths", "an empty path; a .jsonl file is needed");
        checks.Require(problems.Form == ProblemForm.Answer || problems.Paths.Count > 0, "paths", $"form \"{NameOf(problems.Form)}\" needs files with such problems");
        checks.Require(problems.Question.Length > 0, "question", "is empty; the field's name is needed");
        checks.Require(problems.Answer.Length > 0, "answer", "is empty; the field's name is needed");
        checks.ShareAboveZero("heldOut", problems.HeldOut, 0.9);
        checks.AtLeast("minSteps", problems.MinSteps, 1);
        checks.Require(
            problems.MaxSteps >= problems.MinSteps && problems.MaxSteps <= WorldPage.MostSteps, "maxSteps",
            $"{problems.MaxSteps} is not possible; from minSteps, {problems.MinSteps}, to {WorldPage.MostSteps} is needed");
    }

    private static void CheckContext(RecipeChecks checks, TaskOptions task, ModelOptions model)
    {
        // <think> and </think> take two places; a loaded model's context is not known here.
        long needed = (long)task.MaxThinkTokens + task.MaxAnswerTokens + 2 + SmallestPrompt;
        checks.Require(
            model.Checkpoint is not null || needed <= model.ContextLength, "maxThinkTokens",
            $"thought {task.MaxThinkTokens} + answer {task.MaxAnswerTokens} + 2 marks + a prompt of {SmallestPrompt} tokens "
            + $"exceed model.contextLength, {model.ContextLength}");
    }

    private static void CheckPrompt(RecipeChecks checks, PromptOptions prompt)
    {
        checks.AtLeast("contextTokens", prompt.ContextTokens, 0);
        ChatTemplate? chat = ChatTemplates.Named(prompt.Chat);
        checks.Require(
            chat is not null || prompt.Chat == ChatTemplates.Auto, "chat",
            $"\"{prompt.Chat}\" is not known; one of \"{ChatTemplates.Auto}\", {string.Join(", ", ChatTemplates.Names.Select(name => $"\"{name}\""))} is needed");
        checks.Require(
            prompt.System is null || chat is not { IsPlain: true }, "system",
            "plain text has no system message; null, or a chat template in prompt.chat, is needed");
        checks.Require(prompt.Mask != "", "mask", "is empty, so the span's place could not be seen; a text, or null, is needed");
    }

    private static void CheckBudget(RecipeChecks checks, BudgetOptions budget)
    {
        checks.Require(
            budget.Initial >= budget.Minimum, "initial", $"B_0 = {budget.Initial} is below minimum, B_min = {budget.Minimum}");
        checks.AtLeast("minimum", budget.Minimum, 1);
        checks.Require(budget.Decay is > 0 and < 1, "decay", $"γ = {budget.Decay} is outside (0, 1)");
    }

    private static void CheckCurriculum(RecipeChecks checks, CurriculumOptions curriculum)
    {
        checks.Require(curriculum.Model is null or { Length: > 0 }, "model", "an empty path; a model's folder, or null for the model that is trained, is needed");
        CheckBounds(checks, curriculum);
        checks.AtLeast("documents", curriculum.Documents, 1);
        checks.AtLeast("entropyTopK", curriculum.EntropyTopK, 0);
        checks.NotNegative("minEntropy", curriculum.MinEntropy);
        CheckShares(checks, "p1", curriculum.P1);
        CheckShares(checks, "p2", curriculum.P2);
        checks.Share("t1", curriculum.T1);
        checks.Share("t2", curriculum.T2);
        checks.Require(curriculum.T1 < curriculum.T2, "t1", $"t1 = {curriculum.T1} is not below t2 = {curriculum.T2}");
    }

    private static void CheckBounds(RecipeChecks checks, CurriculumOptions curriculum)
    {
        if (curriculum.Bounds is not [double low, double high])
        {
            checks.Require(false, "bounds", $"{curriculum.Bounds.Count} bounds; two are needed");
            return;
        }

        bool isQuantile = curriculum.Rule == TierRule.Quantile;
        bool isInside = isQuantile ? low > 0 && high < 1 : low >= 0 && double.IsFinite(high);
        checks.Require(
            low < high && isInside, "bounds",
            $"[{low}, {high}] is not possible; two ascending {(isQuantile ? "quantiles in (0, 1)" : "entropies of at least 0 nats")} are needed");
    }

    private static void CheckShares(RecipeChecks checks, string field, IReadOnlyList<double> shares)
    {
        checks.Require(shares.Count == 3, field, $"{shares.Count} shares; three (easy, medium, hard) are needed");
        checks.Require(shares.All(share => share >= 0), field, $"[{string.Join(", ", shares)}] has a share that is not at least 0");
        double sum = shares.Sum();
        checks.Require(Math.Abs(sum - 1) <= 1e-9, field, $"[{string.Join(", ", shares)}] sums to {sum}; 1 is needed");
    }

    private static void CheckReward(RecipeChecks checks, TaskOptions task)
    {
        RecipeChecks below = checks.Below("reward");
        MatchReward[] fitting = Fitting(task.Type);
        below.Require(
            fitting.Contains(task.Reward.Match), "match",
            $"does not fit type \"{NameOf(task.Type)}\"; {string.Join(", ", fitting[..^1].Select(NameOf))} or {NameOf(fitting[^1])} is needed");
        checks.Require(
            task.Type != TaskType.NextToken || task.Reward.Match != MatchReward.Token || task.MaxAnswerTokens == 1, "maxAnswerTokens",
            $"{task.MaxAnswerTokens} does not fit reward.match \"token\"; 1 is needed");
        below.Share("lengthWeight", task.Reward.LengthWeight);
        below.NotNegative("lengthPeak", task.Reward.LengthPeak);
        below.Finite("formatFailure", task.Reward.FormatFailure);
        below.Require(
            task.Reward.Match != MatchReward.MeanLogProb || task.Reward.FormatFailure < 0, "formatFailure",
            $"{task.Reward.FormatFailure} is better than any answer, as meanLogProb is at most 0; a number well below 0 is needed");
    }

    private static MatchReward[] Fitting(TaskType type) => type switch
    {
        TaskType.NextToken => [MatchReward.Token, MatchReward.BytePrefix, MatchReward.InformationGain],
        TaskType.VerifiableAnswer => [MatchReward.Exact, MatchReward.MathAnswer, MatchReward.Program],
        _ =>
        [
            MatchReward.Exact, MatchReward.EditSimilarity, MatchReward.TokenF1, MatchReward.LongestCommonSubsequence, MatchReward.MeanLogProb,
            MatchReward.InformationGain,
        ],
    };

    private static string NameOf<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());

    private static void CheckSpan(RecipeChecks checks, TaskOptions task)
    {
        checks.ShareAboveZero("maxSpanShare", task.MaxSpanShare, 0.3);
        checks.AtLeast("maxSpanTokens", task.MaxSpanTokens, 1);
        checks.Require(
            task.MaxAnswerTokens > task.MaxSpanTokens, "maxAnswerTokens",
            $"{task.MaxAnswerTokens} tokens of answer cannot hold a span of maxSpanTokens = {task.MaxSpanTokens} and the end token; "
            + $"at least {task.MaxSpanTokens + 1L} is needed");
    }
}
