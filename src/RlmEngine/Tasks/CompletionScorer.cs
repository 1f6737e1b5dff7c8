using RlmEngine.Curriculum;
using RlmEngine.Grading.Programs;
using RlmEngine.Rewards;
using RlmEngine.Rollouts;
using RlmEngine.Tokenization;

namespace RlmEngine.Tasks;

/// <summary>Scores completions by a recipe's reward; asks models only for the log-probability rewards.</summary>
public sealed class CompletionScorer
{
    private const int UnthoughtRows = 16_384;
    private readonly ITokenizer _tokenizer;
    private readonly ITokenScorer _policy;
    private readonly ITokenScorer? _average;
    private readonly ProgramGrader? _programs;

    /// <summary>Takes the tokenizer and the models that log-probability rewards ask.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="policy">The model that thinks.</param>
    /// <param name="average">The slow copy that does not think, for <see cref="MatchReward.InformationGain"/>.</param>
    /// <param name="programs">Runs programs, for <see cref="MatchReward.Program"/>; null where the user has not allowed it.</param>
    public CompletionScorer(ITokenizer tokenizer, ITokenScorer policy, ITokenScorer? average = null, ProgramGrader? programs = null) =>
        (_tokenizer, _policy, _average, _programs) = (tokenizer, policy, average, programs);

    /// <summary>Scores every completion of a batch.</summary>
    public RewardBatch Score(RolloutBatch rollouts, RewardOptions options) => options.Match switch
    {
        MatchReward.MeanLogProb => ScoreByLogProb(rollouts, options, new double[rollouts.Prompts.Count]),
        MatchReward.InformationGain => ScoreByLogProb(rollouts, options, UnthoughtLogProbs(rollouts.Prompts)),
        MatchReward.Program => ScoreByPrograms(rollouts, options),
        _ => RewardBatch.Score(rollouts, options, (prompt, rollout) => Match(options.Match, prompt, rollout)),
    };

    private double Match(MatchReward rule, Prompt prompt, Rollout rollout) => prompt.Question is { } problem
        ? MatchScore.Answer(rule, _tokenizer.Decode(rollout.Answer), problem.Answer)
        : MatchScore.Of(rule, _tokenizer, rollout.Answer, prompt.Reference);

    /// <summary>match = 1 iff the program passes all tests; programs that are alike run once, several at a time.</summary>
    private RewardBatch ScoreByPrograms(RolloutBatch rollouts, RewardOptions options)
    {
        ProgramGrader programs = _programs ?? throw new InvalidOperationException("the reward program needs the user's permission to run programs");
        (ProgramProblem, string) Answer(int prompt, Rollout rollout) => (
            rollouts.Prompts[prompt].Question as ProgramProblem ?? throw new InvalidOperationException("the reward program needs programming problems"),
            _tokenizer.Decode(rollout.Answer));
        (ProgramProblem Problem, string Response)[] answers =
        [
            .. rollouts.Completions.Select((rollout, i) => (Rollout: rollout, Prompt: i / rollouts.GroupSize))
                .Where(item => item.Rollout.IsWellFormed).Select(item => Answer(item.Prompt, item.Rollout)).Distinct(),
        ];
        IReadOnlyList<ProgramVerdict> verdicts = programs.GradeAll([.. answers.Select(answer => (answer.Problem.Program, answer.Response))]);
        var passed = answers.Zip(verdicts).ToDictionary(pair => (pair.First.Problem.Question, pair.First.Response), pair => pair.Second.Passed);
        return RewardBatch.Score(rollouts, options, (prompt, rollout) => passed[(prompt.Question!.Question, _tokenizer.Decode(rollout.Answer))] ? 1 : 0);
    }

    /// <summary>match = mean ln p of the reference after the thought, less the baseline of its prompt.</summary>
    private RewardBatch ScoreByLogProb(RolloutBatch rollouts, RewardOptions options, double[] baseline_P)
    {
        var terms_PG = new RewardTerms[rollouts.Completions.Count];
        for (int p = 0; p < rollouts.Prompts.Count; p++)
        {
            Prompt prompt = rollouts.Prompts[p];
            double[] match_G = MeanLogProbs(prompt, [.. Enumerable.Range(0, rollouts.GroupSize).Select(g => rollouts[p, g])]);
            for (int g = 0; g < rollouts.GroupSize; g++)
                terms_PG[p * rollouts.GroupSize + g] = RewardTerms.Of(options, rollouts[p, g], prompt.Budget, match_G[g] - baseline_P[p]);
        }
        return RewardBatch.Of(rollouts, terms_PG);
    }

    /// <summary>Mean ln p of each prompt's reference under the slow copy, without a thought.</summary>
    private double[] UnthoughtLogProbs(IReadOnlyList<Prompt> prompts)
    {
        ITokenScorer average = _average ?? throw new InvalidOperationException("informationGain needs a slow copy of the policy");
        var logProbs_P = new double[prompts.Count];
        for (int first = 0; first < prompts.Count;)
        {
            var batch = new SequenceBatch();
            int p = first;
            for (; p < prompts.Count && (p == first || batch.Rows + prompts[p].Tokens.Length + prompts[p].Reference.Length <= UnthoughtRows); p++)
                batch.Add(prompts[p].Unthought ?? throw new InvalidOperationException("the prompt has no form without a thought"), prompts[p].Reference);
            float[] logProbs_M = batch.Score(average);
            for (int at = 0; first < p; at += prompts[first++].Reference.Length)
                logProbs_P[first] = MatchScore.MeanLogProb(logProbs_M.AsSpan(at, prompts[first].Reference.Length));
        }
        return logProbs_P;
    }

    /// <summary>Mean ln p of the reference after each completion's thought; 0 for malformed ones. One forward pass for the group.</summary>
    private double[] MeanLogProbs(Prompt prompt, Rollout[] group_G)
    {
        var batch = new SequenceBatch(prompt.Tokens);
        foreach (Rollout rollout in group_G.Where(rollout => rollout.IsWellFormed))
            batch.AddBehindPrompt(rollout.Tokens_T.AsSpan(0, rollout.AnswerStart), prompt.Reference);
        float[] logProbs_M = batch.Score(_policy);
        var match_G = new double[group_G.Length];
        for (int g = 0, at = 0; g < group_G.Length && at < logProbs_M.Length; g++)
        {
            if (!group_G[g].IsWellFormed)
                continue;
            match_G[g] = MatchScore.MeanLogProb(logProbs_M.AsSpan(at, prompt.Reference.Length));
            at += prompt.Reference.Length;
        }
        return match_G;
    }
}
