using RlmEngine.Curriculum;
using RlmEngine.Rewards;
using RlmEngine.Rollouts;
using RlmEngine.Tokenization;

namespace RlmEngine.Tasks;

/// <summary>Scores completions by a recipe's reward; asks the policy only for <see cref="MatchReward.MeanLogProb"/>.</summary>
public sealed class CompletionScorer
{
    private readonly ITokenizer _tokenizer;
    private readonly ITokenScorer _policy;

    /// <summary>Takes the tokenizer and the model that log-probability rewards ask.</summary>
    public CompletionScorer(ITokenizer tokenizer, ITokenScorer policy) => (_tokenizer, _policy) = (tokenizer, policy);

    /// <summary>Scores every completion of a batch.</summary>
    public RewardBatch Score(RolloutBatch rollouts, RewardOptions options)
    {
        if (options.Match == MatchReward.MeanLogProb)
            return ScoreByLogProb(rollouts, options);
        return RewardBatch.Score(
            rollouts, options,
            (prompt, rollout) => MatchScore.Of(options.Match, _tokenizer, rollout.Answer, prompt.Reference));
    }

    private RewardBatch ScoreByLogProb(RolloutBatch rollouts, RewardOptions options)
    {
        var terms_PG = new RewardTerms[rollouts.Completions.Count];
        for (int p = 0; p < rollouts.Prompts.Count; p++)
        {
            Prompt prompt = rollouts.Prompts[p];
            double[] match_G = MeanLogProbs(prompt, [.. Enumerable.Range(0, rollouts.GroupSize).Select(g => rollouts[p, g])]);
            for (int g = 0; g < rollouts.GroupSize; g++)
                terms_PG[p * rollouts.GroupSize + g] = RewardTerms.Of(options, rollouts[p, g], prompt.Budget, match_G[g]);
        }
        return RewardBatch.Of(rollouts, terms_PG);
    }

    /// <summary>Mean ln p of the reference after each completion's thought; 0 for malformed ones. One forward pass for the group.</summary>
    private double[] MeanLogProbs(Prompt prompt, Rollout[] group_G)
    {
        int[] parent = prompt.Tokens[..^1];
        var tokens = new List<int>(parent);
        var segments = new List<Segment>();
        if (parent.Length > 0)
            segments.Add(new Segment(0, parent.Length));
        var rows = new List<int>();
        var targets = new List<int>();
        foreach (Rollout rollout in group_G.Where(rollout => rollout.IsWellFormed))
        {
            int[] thought = rollout.Tokens_T[..rollout.AnswerStart];
            int start = tokens.Count;
            tokens.Add(prompt.Tokens[^1]);
            tokens.AddRange(thought);
            tokens.AddRange(prompt.Reference[..^1]);
            segments.Add(new Segment(start, tokens.Count - start, parent.Length > 0 ? 0 : -1, parent.Length));
            for (int i = 0; i < prompt.Reference.Length; i++)
            {
                rows.Add(start + thought.Length + i);
                targets.Add(prompt.Reference[i]);
            }
        }
        var match_G = new double[group_G.Length];
        if (targets.Count == 0)
            return match_G;
        float[] logProbs_M = Score(tokens, segments, rows, targets);
        for (int g = 0, at = 0; g < group_G.Length; g++)
        {
            if (!group_G[g].IsWellFormed)
                continue;
            match_G[g] = MatchScore.MeanLogProb(logProbs_M.AsSpan(at, prompt.Reference.Length));
            at += prompt.Reference.Length;
        }
        return match_G;
    }

    private float[] Score(List<int> tokens, List<Segment> segments, List<int> rows, List<int> targets)
    {
        var batch = new TokenBatch
        {
            Tokens_N = [.. tokens],
            Segments_S = [.. segments],
            TargetRows_M = [.. rows],
            Targets_M = [.. targets],
            Temperatures_M = [.. Enumerable.Repeat(1f, targets.Count)],
        };
        var logProbs_M = new float[targets.Count];
        _policy.Score(batch, logProbs_M, new float[targets.Count]);
        return logProbs_M;
    }
}
