using System.Security.Cryptography;
using System.Text;
using RlmEngine.Curriculum;
using RlmEngine.Rewards;
using RlmEngine.Rollouts;
using RlmEngine.Tokenization;

namespace RlmEngine.Evaluation;

/// <summary>Turns evaluated completions into items.</summary>
/// <param name="tokenizer">Whose tokens documents are.</param>
/// <param name="items">Takes the items; null for nobody.</param>
internal sealed class ItemRecorder(ITokenizer tokenizer, ICollection<EvaluationItem>? items)
{
    private const int NameBytes = 8;
    private readonly Dictionary<int[], string> _names = [];

    /// <summary>Adds every completion of a batch.</summary>
    /// <param name="kind">nextToken, restoration or problem.</param>
    /// <param name="rollouts">Prompts with their completions.</param>
    /// <param name="rewards">Their rewards.</param>
    /// <param name="isRight">Whether a completion counts as right.</param>
    public void Add(string kind, RolloutBatch rollouts, RewardBatch rewards, Func<int, bool> isRight)
    {
        for (int i = 0; items is not null && i < rollouts.Completions.Count; i++)
        {
            Prompt prompt = rollouts.Prompts[i / rollouts.GroupSize];
            Rollout rollout = rollouts.Completions[i];
            items.Add(new EvaluationItem
            {
                Kind = kind,
                Mode = prompt.Stop.MaxThinkTokens > 0 ? "think" : "direct",
                Document = prompt.Question is { } problem ? Hash(Encoding.UTF8.GetBytes(problem.Question)) : NameOf(prompt.Source ?? prompt.Tokens),
                Position = Math.Max(0, prompt.Position),
                Tier = prompt.Question?.Kind ?? NameOf(prompt.Tier),
                Sample = i % rollouts.GroupSize,
                Correct = rollout.IsWellFormed && isRight(i) ? 1 : 0,
                Score = rewards.Match_PG[i],
                ThinkTokens = rollout.ThinkLength,
                Tokens = rollout.Tokens_T.Length,
                FormatFailure = !rollout.IsWellFormed,
            });
        }
    }

    /// <summary>Adds predictions without a thought.</summary>
    public void AddDirect(HeldOutPositions asked, double[] right_P)
    {
        for (int i = 0; items is not null && i < right_P.Length; i++)
        {
            DrawnPosition position = asked.Positions[i];
            items.Add(new EvaluationItem
            {
                Kind = "nextToken",
                Mode = "direct",
                Document = NameOf(asked.Pool.Document(position.Document)),
                Position = position.Position,
                Tier = NameOf(position.Tier),
                Correct = (int)right_P[i],
                Score = right_P[i],
                Tokens = 1,
            });
        }
    }

    private static string? NameOf(Tier? tier) => tier?.ToString().ToLowerInvariant();

    // The first id marks the document's beginning and is none of its text.
    private string NameOf(int[] document)
    {
        if (_names.TryGetValue(document, out string? name))
            return name;
        return _names[document] = Hash(tokenizer.DecodeBytes(document.AsSpan(1)));
    }

    private static string Hash(byte[] text) => Convert.ToHexStringLower(SHA256.HashData(text), 0, NameBytes);
}
