using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Rollouts;

/// <summary>Follows one completion token by token: thought, &lt;/think&gt;, answer, end; says when and why it stops.</summary>
/// <remarks>Where the vocabulary has the token &lt;/think&gt;, a model that writes its characters has not closed its thought.</remarks>
public sealed class CompletionReader
{
    private readonly StopRule _rule;
    private readonly CompletionTokens _special;
    private readonly ThoughtMarks _marks;
    private readonly int _room;
    private readonly List<int> _tokens = [];
    private readonly List<float> _logProbs = [];
    private readonly List<float> _truncatedLogProbs = [];
    private readonly List<byte> _tail = [];
    private int _answerStart;
    private int _answerEnd = -1;
    private int _separatorLeft;

    /// <summary>Starts a completion.</summary>
    /// <param name="rule">When it ends.</param>
    /// <param name="special">Marks of the thought and tokens that end.</param>
    /// <param name="room">Tokens the context still holds.</param>
    public CompletionReader(StopRule rule, CompletionTokens special, int room)
    {
        (_rule, _special, _room) = (rule, special, room);
        _marks = new ThoughtMarks(special, rule.AwaitsThinkOpen);
        _answerStart = rule.MaxThinkTokens > 0 ? -1 : 0;
        _separatorLeft = rule.MaxThinkTokens > 0 ? rule.SeparatorLineFeeds : 0;
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
        if (_special.IsStop(token) && token != _special.ThinkClose)
        {
            _ = _marks.Closes(token);
            return StopReason.EndedInThought;
        }
        if (_marks.Closes(token))
        {
            (_answerStart, _separatorLeft) = (_tokens.Count, _separatorLeft - _marks.LineFeeds);
            return _rule.MaxAnswerTokens == 0 ? StopReason.Answered : null;
        }
        return _marks.Length > _rule.MaxThinkTokens ? StopReason.ThoughtTooLong : null;
    }

    private StopReason? InAnswer(int token)
    {
        if (IsSeparator(token))
            return null;
        bool isStop = _special.IsStop(token);
        if (isStop && _answerEnd < 0)
            _answerEnd = _tokens.Count - 1;
        if (_rule.EndsAtEndToken && isStop)
            return StopReason.Answered;
        if (_rule.Until is { } until && _answerEnd < 0 && until.EndedBy(_tail, _special.BytesOf(token)))
            return StopReason.Answered;
        if (_tokens.Count - _answerStart < _rule.MaxAnswerTokens)
            return null;
        return _rule.EndsAtEndToken && _rule.MaxAnswerTokens > 1 ? StopReason.AnswerTooLong : StopReason.Answered;
    }

    /// <summary>True for a token of line feeds that still belongs to the mark before the answer; the answer then begins after it.</summary>
    private bool IsSeparator(int token)
    {
        if (_separatorLeft <= 0 || _answerStart != _tokens.Count - 1)
            return false;
        ReadOnlySpan<byte> bytes = _special.BytesOf(token);
        if (bytes.IsEmpty || bytes.Length > _separatorLeft || bytes.ContainsAnyExcept((byte)'\n'))
            return false;
        (_answerStart, _separatorLeft) = (_tokens.Count, _separatorLeft - bytes.Length);
        return true;
    }

    private Rollout Finish(StopReason stop)
    {
        bool hasAnswer = _answerStart >= 0 && (_answerStart < _tokens.Count || _rule.MaxAnswerTokens == 0);
        return new Rollout
        {
            Tokens_T = [.. _tokens],
            LogProbs_T = [.. _logProbs],
            TruncatedLogProbs_T = [.. _truncatedLogProbs],
            Stop = stop,
            ThinkLength = _rule.MaxThinkTokens == 0 ? 0 : _marks.Length,
            AnswerStart = hasAnswer ? _answerStart : -1,
            AnswerEnd = !hasAnswer ? -1 : _answerEnd < 0 ? _tokens.Count : _answerEnd,
        };
    }
}
