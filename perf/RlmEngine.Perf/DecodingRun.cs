using RlmEngine.Kernels.Rollout;
using RlmEngine.Rollouts;
using RlmEngine.Transformer;

namespace RlmEngine.Perf;

/// <summary>Rows decoded side by side at temperature 1, behind prompts that groups of them share.</summary>
public sealed class DecodingRun : IDisposable
{
    private readonly IDecodingSession _session;
    private readonly int[] _rows_R;
    private readonly int[] _tokens_R;
    private readonly SamplingParameters[] _parameters_R;
    private readonly PhiloxCounter[] _counters_R;
    private readonly SampledToken[] _sampled_R;
    private uint _position;

    /// <summary>Prefills the prompts, in groups of rows one after the other.</summary>
    /// <param name="policy">The model.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="prompt">Tokens of a prompt.</param>
    /// <param name="groupSize">Rows of one prompt.</param>
    public DecodingRun(TransformerPolicy policy, int rows, int prompt, int groupSize)
    {
        ArgumentNullException.ThrowIfNull(policy);
        Random random = new(1);
        _session = policy.OpenSession(rows, 1);
        int groups = (rows + groupSize - 1) / groupSize;
        int[] prefixes = _session.Prefill(
            [.. Enumerable.Range(0, groups).Select(_ => (ReadOnlyMemory<int>)RandomBatch.Tokens(random, prompt, policy.VocabularySize))]);
        _rows_R = [.. Enumerable.Range(0, rows).Select(row => _session.StartRow(prefixes[row / groupSize]))];
        _tokens_R = RandomBatch.Tokens(random, rows, policy.VocabularySize);
        _parameters_R = [.. Enumerable.Repeat(new SamplingParameters(1f), rows)];
        _counters_R = new PhiloxCounter[rows];
        _sampled_R = new SampledToken[rows];
    }

    /// <summary>Draws the next tokens of every row.</summary>
    public void Step(int steps = 1)
    {
        for (; steps > 0; steps--, _position++)
        {
            for (uint row = 0; row < _rows_R.Length; row++)
                _counters_R[row] = new PhiloxCounter(RandomPurpose.Sampling, 0, 0, row, _position);
            _session.Decode(_rows_R, _tokens_R, _parameters_R, _counters_R, _sampled_R);
            for (int row = 0; row < _rows_R.Length; row++)
                _tokens_R[row] = _sampled_R[row].Token;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();
}
