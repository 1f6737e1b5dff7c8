using RlmEngine.Kernels.Rollout;
using RlmEngine.Rollouts;
using RlmEngine.Transformer;
using RlmEngine.Transformer.Planning;

namespace RlmEngine.Perf.Peers;

/// <summary>Batched sampling with a key-value cache: each row has a prompt of its own and draws a fixed number of tokens.</summary>
public sealed class DecodeWorkload : IWorkload
{
    private readonly TransformerPolicy _policy;
    private readonly ReadOnlyMemory<int>[] _prefixes;
    private readonly int[] _last;
    private readonly int _rows;
    private readonly int _length;
    private uint _call;

    /// <summary>Makes a model and random prompts.</summary>
    /// <param name="shape">The model.</param>
    /// <param name="rows">Rows decoded side by side.</param>
    /// <param name="prompt">Tokens of each row's prompt.</param>
    /// <param name="length">Tokens drawn a row.</param>
    public DecodeWorkload(ModelConfig shape, int rows, int prompt, int length)
    {
        _policy = TransformerPolicy.Create(shape, seed: 1);
        (_rows, _length) = (rows, length);
        var random = new Random(1);
        int[][] prompts = [.. Enumerable.Range(0, rows).Select(_ => Enumerable.Range(0, prompt).Select(_ => random.Next(shape.VocabularySize)).ToArray())];
        _prefixes = [.. prompts.Select(tokens => new ReadOnlyMemory<int>(tokens, 0, prompt - 1))];
        _last = [.. prompts.Select(tokens => tokens[^1])];
        var count = new FlopCount(shape);
        Flops = rows * (count.Forward(prompt - 1, 0, FlopCount.Keys(0, prompt - 1)) + count.Forward(length, length, FlopCount.Keys(prompt - 1, length)));
    }

    /// <inheritdoc/>
    public double Flops { get; }

    /// <inheritdoc/>
    public void Run()
    {
        _call++;
        using IDecodingSession session = _policy.OpenSession(_rows, 1);
        int[] prefixes = session.Prefill(_prefixes);
        int[] rows_R = [.. prefixes.Select(session.StartRow)];
        int[] tokens_R = [.. _last];
        SamplingParameters[] parameters_R = [.. Enumerable.Repeat(new SamplingParameters(1f), _rows)];
        var counters_R = new PhiloxCounter[_rows];
        var sampled_R = new SampledToken[_rows];
        for (uint position = 0; position < _length; position++)
        {
            for (uint row = 0; row < _rows; row++) counters_R[row] = new PhiloxCounter(RandomPurpose.Sampling, _call, 0, row, position);
            session.Decode(rows_R, tokens_R, parameters_R, counters_R, sampled_R);
            for (int row = 0; row < _rows; row++) tokens_R[row] = sampled_R[row].Token;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _policy.Dispose();
}
