using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Rollouts;

/// <summary>Draws G completions of each prompt with continuous batching: a finished row's place is refilled at once.</summary>
/// <remarks>
/// A prompt's rows are computed once and shared by its group. Each token's random number is keyed by (purpose, step, prompt,
/// rollout, position), so the result does not depend on how many rows are decoded side by side nor on their order.
/// </remarks>
public sealed class RolloutGenerator
{
    private readonly IDecoder _decoder;
    private readonly int _contextLength;
    private readonly CompletionTokens _special;
    private readonly ulong _seed;

    /// <summary>Creates a generator.</summary>
    /// <param name="decoder">The model.</param>
    /// <param name="contextLength">Longest sequence, prompt and completion together.</param>
    /// <param name="special">Marks of the thought and tokens that end.</param>
    /// <param name="seed">The run's seed.</param>
    public RolloutGenerator(IDecoder decoder, int contextLength, CompletionTokens special, ulong seed)
    {
        _decoder = decoder;
        _contextLength = contextLength;
        _special = special;
        _seed = seed;
    }

    /// <summary>Draws P · G completions.</summary>
    /// <param name="prompts">P prompts, each shorter than the context.</param>
    /// <param name="groupSize">G, at least 1.</param>
    /// <param name="sampling">Parameters of every draw.</param>
    /// <param name="maxRows">Rows decoded side by side at most; changes speed and memory, never the result.</param>
    /// <param name="stream">Purpose and step of the random stream; its prompt word is the offset of the first prompt.</param>
    public RolloutBatch Generate(
        IReadOnlyList<Prompt> prompts, int groupSize, SamplingParameters sampling, int maxRows, PhiloxCounter stream)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(groupSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRows, 1);
        var completions = new Rollout[prompts.Count * groupSize];
        if (completions.Length == 0)
            return new RolloutBatch(prompts, groupSize, completions);
        using IDecodingSession session = _decoder.OpenSession(Math.Min(maxRows, completions.Length), _seed);
        new Batch(this, session, prompts, groupSize, sampling, Math.Min(maxRows, completions.Length), stream, completions).Run();
        return new RolloutBatch(prompts, groupSize, completions) { Counts = session.Counts };
    }

    /// <summary>One call's rows in flight.</summary>
    private sealed class Batch
    {
        private readonly RolloutGenerator _owner;
        private readonly IDecodingSession _session;
        private readonly IReadOnlyList<Prompt> _prompts;
        private readonly int[] _order_P;
        private readonly int _groupSize;
        private readonly PhiloxCounter _stream;
        private readonly Rollout[] _completions;
        private readonly CompletionReader[] _readers;
        private readonly int[] _completionOf_R;
        private readonly int[] _rows_R;
        private readonly int[] _tokens_R;
        private readonly SamplingParameters[] _parameters_R;
        private readonly PhiloxCounter[] _counters_R;
        private readonly SampledToken[] _sampled_R;
        private readonly Dictionary<int, (int Handle, int RowsLeft)> _prefixes = [];
        private int _next;
        private int _active;

        public Batch(
            RolloutGenerator owner, IDecodingSession session, IReadOnlyList<Prompt> prompts, int groupSize,
            SamplingParameters sampling, int maxRows, PhiloxCounter stream, Rollout[] completions)
        {
            (_owner, _session, _prompts, _groupSize, _stream, _completions) = (owner, session, prompts, groupSize, stream, completions);
            // Prompts that begin alike come one after the other, so that what they share is there when it is needed.
            _order_P = [.. Enumerable.Range(0, prompts.Count)];
            Array.Sort(_order_P, (a, b) => prompts[a].Tokens.AsSpan().SequenceCompareTo(prompts[b].Tokens) is not 0 and int difference ? difference : a - b);
            _readers = new CompletionReader[maxRows];
            _completionOf_R = new int[maxRows];
            _rows_R = new int[maxRows];
            _tokens_R = new int[maxRows];
            _parameters_R = new SamplingParameters[maxRows];
            Array.Fill(_parameters_R, sampling);
            _counters_R = new PhiloxCounter[maxRows];
            _sampled_R = new SampledToken[maxRows];
        }

        public void Run()
        {
            Refill();
            while (_active > 0)
            {
                _session.Decode(
                    _rows_R.AsSpan(0, _active), _tokens_R.AsSpan(0, _active), _parameters_R.AsSpan(0, _active),
                    _counters_R.AsSpan(0, _active), _sampled_R.AsSpan(0, _active));
                for (int r = _active - 1; r >= 0; r--)
                    Advance(r);
                Refill();
            }
        }

        private void Advance(int r)
        {
            SampledToken sampled = _sampled_R[r];
            if (_readers[r].Add(sampled) is { } finished)
            {
                Finish(r, finished);
                return;
            }
            _tokens_R[r] = sampled.Token;
            _counters_R[r] = _counters_R[r] with { Position = _counters_R[r].Position + 1 };
        }

        private void Finish(int r, Rollout completion)
        {
            int index = _completionOf_R[r];
            _completions[index] = completion;
            _session.ReleaseRow(_rows_R[r]);
            int prompt = index / _groupSize;
            (int handle, int rowsLeft) = _prefixes[prompt];
            if (rowsLeft == 1)
            {
                _session.ReleasePrefix(handle);
                _prefixes.Remove(prompt);
            }
            else
            {
                _prefixes[prompt] = (handle, rowsLeft - 1);
            }
            int last = --_active;
            (_readers[r], _completionOf_R[r], _rows_R[r]) = (_readers[last], _completionOf_R[last], _rows_R[last]);
            (_tokens_R[r], _counters_R[r]) = (_tokens_R[last], _counters_R[last]);
        }

        private void Refill()
        {
            int free = Math.Min(_readers.Length - _active, _completions.Length - _next);
            if (free == 0)
                return;
            Prefill(_next / _groupSize, (_next + free - 1) / _groupSize);
            for (int i = 0; i < free; i++, _next++, _active++)
            {
                int prompt = _order_P[_next / _groupSize], rollout = _next % _groupSize;
                _completionOf_R[_active] = (prompt * _groupSize) + rollout;
                _rows_R[_active] = _session.StartRow(_prefixes[prompt].Handle);
                _tokens_R[_active] = _prompts[prompt].Tokens[^1];
                _readers[_active] = new CompletionReader(
                    _prompts[prompt].Stop, _owner._special, _owner._contextLength - _prompts[prompt].Tokens.Length);
                _counters_R[_active] = _stream with
                {
                    Prompt = _stream.Prompt + (uint)prompt,
                    Rollout = (uint)rollout,
                    Position = 0,
                };
            }
        }

        private void Prefill(int first, int last)
        {
            var missing = new List<int>();
            for (int i = first; i <= last; i++)
                if (!_prefixes.ContainsKey(_order_P[i]))
                    missing.Add(_order_P[i]);
            if (missing.Count == 0)
                return;
            int[] handles = _session.Prefill([.. missing.Select(p => (ReadOnlyMemory<int>)_prompts[p].Tokens.AsMemory(0, _prompts[p].Tokens.Length - 1))]);
            for (int i = 0; i < handles.Length; i++)
                _prefixes[missing[i]] = (handles[i], _groupSize);
        }
    }
}
