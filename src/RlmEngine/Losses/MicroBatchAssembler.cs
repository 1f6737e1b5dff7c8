using RlmEngine.Tokenization;

namespace RlmEngine.Losses;

/// <summary>Collects the sequences of one micro-batch; what those of one tree begin with alike becomes rows once.</summary>
/// <remarks>
/// Targets stand in the order in which sequences were added. Sequences that agree up to a target share the row that predicts it: the
/// completions of a group share the prompt, its last token included, and their tokens up to where they part.
/// </remarks>
internal sealed class MicroBatchAssembler
{
    private readonly TokenForest _forest = new();
    private readonly List<(int End, int Position)> _places_M = [];
    private readonly List<int> _targets_M = [];
    private readonly List<float> _temperatures_M = [];
    private readonly List<LossComponent> _component_M = [];
    private readonly List<int> _sequence_M = [];
    private readonly List<float> _advantage_M = [];
    private readonly List<float> _oldLogProb_M = [];
    private readonly List<float> _weight_M = [];
    private int _sequence;

    internal int RowCount => _forest.RowCount;

    /// <summary>Begins a tree: sequences added next share rows with one another.</summary>
    internal void BeginTree() => _forest.BeginTree();

    /// <summary>Rows that a sequence would add.</summary>
    internal int NewRows(TrainingSequence sequence) => _forest.NewRows(sequence.Rows_L);

    /// <summary>Adds a sequence to the last tree.</summary>
    internal void Add(TrainingSequence sequence)
    {
        int end = _forest.Add(sequence.Rows_L);
        if (sequence.Document is { } document)
            AddTargets(end, document);
        else
            AddTargets(end, sequence.Completion!, sequence.Rows_L.Length - sequence.Completion!.Tokens_T.Length, sequence.Temperature);
        _sequence++;
    }

    internal MicroBatch Build()
    {
        (int[] tokens_N, Segment[] segments_S) = _forest.Build();
        return new MicroBatch(
            new TokenBatch
            {
                Tokens_N = tokens_N,
                Segments_S = segments_S,
                TargetRows_M = [.. _places_M.Select(place => _forest.RowOf(place.End, place.Position))],
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
    }

    private void AddTargets(int end, DocumentWindow document)
    {
        for (int position = 1; position <= document.RowCount; position++)
        {
            if (!document.IsTarget(position))
                continue;
            AddTarget(LossComponent.Ntp, end, position - 1, document.Tokens[position], 1f);
            _advantage_M.Add(0f);
            _oldLogProb_M.Add(0f);
            _weight_M.Add(1f);
        }
    }

    private void AddTargets(int end, TrainingCompletion completion, int first, float temperature)
    {
        for (int t = 0; t < completion.Tokens_T.Length; t++)
        {
            AddTarget(LossComponent.Rl, end, first + t, completion.Tokens_T[t], temperature);
            _advantage_M.Add(completion.Advantage);
            _oldLogProb_M.Add(completion.OldLogProbs_T[t]);
            _weight_M.Add(completion.WeightOf(t));
        }
    }

    private void AddTarget(LossComponent component, int end, int position, int target, float temperature)
    {
        _component_M.Add(component);
        _places_M.Add((end, position));
        _targets_M.Add(target);
        _temperatures_M.Add(temperature);
        _sequence_M.Add(_sequence);
    }
}
