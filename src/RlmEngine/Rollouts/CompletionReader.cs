using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Rollouts;

/// <summary>Ids that structure a completion.</summary>
/// <param name="ThinkClose">&lt;/think&gt;.</param>
/// <param name="End">End of text.</param>
public readonly record struct CompletionTokens(int ThinkClose, int End);

/// <summary>Follows one completion token by token: thought, &lt;/think&gt;, answer, end; says when and why it stops.</summary>
/// <remarks>Reading is on token ids only: a model that writes the characters "&lt;/think&gt;" has not closed its thought.</remarks>
public sealed class CompletionReader
{
    private readonly StopRule _rule;
    private readonly CompletionTokens _special;
    private readonly int _room;
    private readonly List<int> _tokens = [];
    private readonly List<float> _logProbs = [];
    private readonly List<float> _truncatedLogProbs = [];
    private int _answerStart;

    /// <summary>Starts a completion.</summary>
    /// <param name="rule">When it ends.</param>
    /// <param name="special">Ids of &lt;/think&gt; and of the end token.</param>
    /// <param name="room">Tokens the context still holds.</param>
    public CompletionReader(StopRule rule, CompletionTokens special, int room)
    {
        (_rule, _special, _room) = (rule, special, room);
        _answerStart = rule.MaxThinkTokens > 0 ? -1 : 0;
    }

    /// <summary>Takes the next token; returns the completion when it is finished, else null.</summary>
    public Rollout? Add(SampledToken sampled)
    {
        if (!sampled.IsValid)
            return Finish(StopReason.Invalid);
        _tokens.Add(sampled.Token);
        _logProbs.Add(sampled.LogProb);
        _truncatedLogProbs.Add(sampled.TruncatedLogProb);
        StopReason? reason = _answerStart < 0 ? InThought(sampled.Token) : InAnswer(sampled.Token);
        if (reason is null && _tokens.Count >= _room)
            reason = StopReason.ContextFull;
        return reason is { } stop ? Finish(stop) : null;
    }

    private StopReason? InThought(int token)
    {
        if (token == _special.ThinkClose)
            _answerStart = _tokens.Count;
        else if (token == _special.End)
            return StopReason.EndedInThought;
        else if (_tokens.Count > _rule.MaxThinkTokens)
            return StopReason.ThoughtTooLong;
        return null;
    }

    private StopReason? InAnswer(int token)
    {
        int length = _tokens.Count - _answerStart;
        if (_rule.EndsAtEndToken && token == _special.End)
            return StopReason.Answered;
        if (length < _rule.MaxAnswerTokens)
            return null;
        return _rule.EndsAtEndToken && _rule.MaxAnswerTokens > 1 ? StopReason.AnswerTooLong : StopReason.Answered;
    }

    private Rollout Finish(StopReason stop) => new()
    {
        Tokens_T = [.. _tokens],
        LogProbs_T = [.. _logProbs],
        TruncatedLogProbs_T = [.. _truncatedLogProbs],
        Stop = stop,
        ThinkLength = _rule.MaxThinkTokens == 0 ? 0 : _answerStart < 0 ? _tokens.Count : _answerStart - 1,
        AnswerStart = _answerStart >= 0 && _answerStart < _tokens.Count ? _answerStart : -1,
    };
}
