using RlmEngine.Tokenization;

namespace RlmEngine.Losses;

/// <summary>Collects the rows, segments and targets of one micro-batch.</summary>
internal sealed class MicroBatchAssembler
{
    private readonly List<int> _tokens_N = [];
    private readonly List<Segment> _segments_S = [];
    private readonly List<int> _targetRows_M = [];
    private readonly List<int> _targets_M = [];
    private readonly List<float> _temperatures_M = [];
    private readonly List<LossComponent> _component_M = [];
    private readonly List<int> _sequence_M = [];
    private readonly List<float> _advantage_M = [];
    private readonly List<float> _oldLogProb_M = [];
    private readonly List<float> _weight_M = [];
    private int _sequence;

    internal int RowCount => _tokens_N.Count;

    /// <summary>
    /// A prompt's tokens but the last are the parent segment (none for a prompt of one token); each completion is a child whose rows are
    /// the prompt's last token and all completion tokens but the last, and whose targets are the completion's tokens.
    /// </summary>
    internal void Add(int[] prompt, IEnumerable<TrainingCompletion> completions, float temperature)
    {
        int parent = -1;
        if (prompt.Length > 1)
        {
            parent = _segments_S.Count;
            _segments_S.Add(new Segment(RowCount, prompt.Length - 1));
            _tokens_N.AddRange(prompt.AsSpan(..^1));
        }
        foreach (TrainingCompletion completion in completions)
        {
            int start = RowCount, length = completion.Tokens_T.Length;
            _segments_S.Add(new Segment(start, length, parent, prompt.Length - 1));
            _tokens_N.Add(prompt[^1]);
            _tokens_N.AddRange(completion.Tokens_T.AsSpan(..^1));
            for (int t = 0; t < length; t++)
            {
                AddTarget(LossComponent.Rl, start + t, completion.Tokens_T[t], temperature);
                _advantage_M.Add(completion.Advantage);
                _oldLogProb_M.Add(completion.OldLogProbs_T[t]);
                _weight_M.Add(completion.WeightOf(t));
            }
            _sequence++;
        }
    }

    internal void Add(DocumentWindow document)
    {
        int start = RowCount, length = document.RowCount;
        _segments_S.Add(new Segment(start, length));
        _tokens_N.AddRange(document.Tokens.AsSpan(0, length));
        for (int position = 1; position <= length; position++)
        {
            if (!document.IsTarget(position))
                continue;
            AddTarget(LossComponent.Ntp, start + position - 1, document.Tokens[position], 1f);
            _advantage_M.Add(0f);
            _oldLogProb_M.Add(0f);
            _weight_M.Add(1f);
        }
        _sequence++;
    }

    internal MicroBatch Build() => new(
        new TokenBatch
        {
            Tokens_N = [.. _tokens_N],
            Segments_S = [.. _segments_S],
            TargetRows_M = [.. _targetRows_M],
            Targets_M = [.. _targets_M],
            Temperatures_M = [.. _temperatures_M],
        },
        new TargetRecords
        {
            Component_M = [.. _component_M],
            Sequence_M = [.. _sequence_M],
            Advantage_M = [.. _advantage_M],
            OldLogProb_M = [.. _oldLogProb_M],
            ReferenceLogProb_M = new float[_targets_M.Count],
            Weight_M = [.. _weight_M],
        });

    private void AddTarget(LossComponent component, int row, int target, float temperature)
    {
        _component_M.Add(component);
        _targetRows_M.Add(row);
        _targets_M.Add(target);
        _temperatures_M.Add(temperature);
        _sequence_M.Add(_sequence);
    }
}
