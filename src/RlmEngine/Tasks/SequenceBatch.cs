using RlmEngine.Curriculum;
using RlmEngine.Tokenization;

namespace RlmEngine.Tasks;

/// <summary>Texts whose last tokens are scored in one forward pass; those behind a common prompt share its rows.</summary>
internal sealed class SequenceBatch
{
    private readonly int[] _prompt;
    private readonly List<int> _tokens_N = [];
    private readonly List<Segment> _segments_S = [];
    private readonly List<int> _rows_M = [];
    private readonly List<int> _targets_M = [];

    /// <summary>Takes the prompt that texts may stand behind; none for none.</summary>
    public SequenceBatch(params int[] prompt)
    {
        _prompt = prompt;
        if (prompt.Length < 2)
            return;
        _tokens_N.AddRange(prompt.AsSpan(..^1));
        _segments_S.Add(new Segment(0, prompt.Length - 1));
    }

    /// <summary>Rows so far.</summary>
    public int Rows => _tokens_N.Count;

    /// <summary>Adds a text of its own.</summary>
    /// <param name="before">What stands before the targets, at least one token.</param>
    /// <param name="targets">The tokens to score, at least one.</param>
    public void Add(ReadOnlySpan<int> before, int[] targets)
    {
        int start = Rows;
        _tokens_N.AddRange(before);
        Targets(targets);
        _segments_S.Add(new Segment(start, Rows - start));
    }

    /// <summary>Adds a text behind the prompt.</summary>
    /// <param name="between">What stands between the prompt and the targets.</param>
    /// <param name="targets">The tokens to score, at least one.</param>
    public void AddBehindPrompt(ReadOnlySpan<int> between, int[] targets)
    {
        int start = Rows;
        _tokens_N.Add(_prompt[^1]);
        _tokens_N.AddRange(between);
        Targets(targets);
        _segments_S.Add(new Segment(start, Rows - start, _prompt.Length > 1 ? 0 : -1, _prompt.Length - 1));
    }

    /// <summary>ln p of every target, in the order they were added.</summary>
    public float[] Score(ITokenScorer model)
    {
        var logProbs_M = new float[_targets_M.Count];
        if (logProbs_M.Length == 0)
            return logProbs_M;
        var batch = new TokenBatch
        {
            Tokens_N = [.. _tokens_N],
            Segments_S = [.. _segments_S],
            TargetRows_M = [.. _rows_M],
            Targets_M = [.. _targets_M],
            Temperatures_M = [.. Enumerable.Repeat(1f, logProbs_M.Length)],
        };
        model.Score(batch, logProbs_M, new float[logProbs_M.Length]);
        return logProbs_M;
    }

    private void Targets(int[] targets)
    {
        for (int i = 0; i < targets.Length; i++)
        {
            _rows_M.Add(Rows - 1 + i);
            _targets_M.Add(targets[i]);
        }
        _tokens_N.AddRange(targets.AsSpan(..^1));
    }
}
