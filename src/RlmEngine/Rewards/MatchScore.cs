using RlmEngine.Grading;
using RlmEngine.Tokenization;

namespace RlmEngine.Rewards;

/// <summary>The match term of a reward: how well an answer agrees with the reference, by the named rules of METHOD.md.</summary>
public static class MatchScore
{
    /// <summary>Scores an answer by a rule that needs no model.</summary>
    /// <param name="rule">Any rule but those of log-probs and of problems.</param>
    /// <param name="tokenizer">Whose tokens they are.</param>
    /// <param name="answer">The answer's tokens, without the end token.</param>
    /// <param name="reference">The true continuation or the removed span.</param>
    /// <returns>A score in [0, 1].</returns>
    /// <exception cref="ArgumentOutOfRangeException">The rule needs a model, or is unknown.</exception>
    public static double Of(MatchReward rule, ITokenizer tokenizer, ReadOnlySpan<int> answer, ReadOnlySpan<int> reference) => rule switch
    {
        MatchReward.Token => Token(answer, reference),
        MatchReward.BytePrefix => BytePrefix(tokenizer, answer, reference),
        MatchReward.Exact => Exact(tokenizer.Decode(answer), tokenizer.Decode(reference)),
        MatchReward.EditSimilarity => EditDistance.Similarity(tokenizer.Decode(answer), tokenizer.Decode(reference)),
        MatchReward.TokenF1 => WordOverlap.TokenF1(tokenizer.Decode(answer), tokenizer.Decode(reference)),
        MatchReward.LongestCommonSubsequence =>
            WordOverlap.LongestCommonSubsequenceF1(tokenizer.Decode(answer), tokenizer.Decode(reference)),
        _ => throw new ArgumentOutOfRangeException(nameof(rule), rule, "this match reward is scored from log-probs, see MeanLogProb"),
    };

    /// <summary>1 iff a response answers a problem.</summary>
    /// <param name="rule"><see cref="MatchReward.Exact"/>, on normalized texts, or <see cref="MatchReward.MathAnswer"/>.</param>
    /// <param name="response">What was written after the thought.</param>
    /// <param name="answer">The true answer.</param>
    /// <exception cref="ArgumentOutOfRangeException">Another rule.</exception>
    public static double Answer(MatchReward rule, string response, string answer) => rule switch
    {
        MatchReward.Exact => Exact(response, answer),
        MatchReward.MathAnswer => FinalAnswer.Extract(response) is { } found && MathAnswer.AreEqual(answer, found) ? 1.0 : 0.0,
        _ => throw new ArgumentOutOfRangeException(nameof(rule), rule, "problems are scored by exact or mathAnswer"),
    };

    /// <summary>1 iff the answer is one token and it is the true next one (RMT).</summary>
    public static double Token(ReadOnlySpan<int> answer, ReadOnlySpan<int> reference)
        => answer.Length == 1 && reference.Length > 0 && answer[0] == reference[0] ? 1.0 : 0.0;

    /// <summary>
    /// 1 iff the answer's bytes are an exact prefix of the true continuation's and their number is a boundary of the true tokens
    /// (RPT, arXiv 2506.08007, Eq. 3); an empty answer scores 0.
    /// </summary>
    /// <remarks>Boundaries are sums of raw token bytes, so that a token that is half a character has its own boundary.</remarks>
    public static double BytePrefix(ITokenizer tokenizer, ReadOnlySpan<int> answer, ReadOnlySpan<int> reference)
    {
        ReadOnlySpan<byte> predicted = tokenizer.DecodeBytes(answer);
        if (predicted.IsEmpty)
            return 0.0;
        foreach (int token in reference)
        {
            ReadOnlySpan<byte> bytes = tokenizer.BytesOf(token);
            if (!predicted.StartsWith(bytes))
                return 0.0;
            predicted = predicted[bytes.Length..];
            if (predicted.IsEmpty)
                return 1.0;
        }
        return 0.0;
    }

    /// <summary>1 iff the normalized texts are equal.</summary>
    public static double Exact(string answer, string reference) => NormalizedText.Of(answer) == NormalizedText.Of(reference) ? 1.0 : 0.0;

    /// <summary>Mean ln p of the true span's tokens given document and thought, nats per token; at most 0.</summary>
    /// <exception cref="ArgumentException">The span has no tokens.</exception>
    public static double MeanLogProb(ReadOnlySpan<float> logProbs_T)
    {
        if (logProbs_T.IsEmpty)
            throw new ArgumentException("a span needs at least one token");
        double sum = 0;
        foreach (float logProb in logProbs_T)
            sum += logProb;
        return sum / logProbs_T.Length;
    }
}
