using RlmEngine.Kernels.Rollout;
using RlmEngine.Policies;
using RlmEngine.Rollouts;
using RlmEngine.Transformer.Tests;

namespace RlmEngine.Gpu.Tests.Policies;

/// <summary>Completions of five prompts, six side by side, in changing order, each of a length of its own.</summary>
/// <param name="Groups">Prompts and what was drawn.</param>
/// <param name="LogProbs">Log-probs of the draws, in the order of the groups.</param>
internal sealed record Drawn(IReadOnlyList<(int[] Prompt, int[][] Completions)> Groups, float[] LogProbs)
{
    public const float Temperature = 0.9f;

    public static Drawn From(IPolicy policy, int seed)
    {
        Random random = new(seed);
        int[][] prompts = [.. new[] { 1, 17, 2 + random.Next(40), 5, 31 }.Select(n => TestBatches.Tokens(random, n, policy.VocabularySize))];
        using IDecodingSession session = policy.OpenSession(6, 5);
        int[] prefixes = session.Prefill([.. prompts.Select(prompt => new ReadOnlyMemory<int>(prompt[..^1]))]);
        List<Row> all = [];
        for (int p = 0; p < prompts.Length; p++)
        {
            int rows = 1 + random.Next(5);
            for (int g = 0; g < rows; g++)
                all.Add(new Row(p, g, 1 + random.Next(30), prompts[p][^1]));
        }

        Queue<Row> waiting = new(all);
        List<Row> running = [];
        while (waiting.Count + running.Count > 0)
        {
            while (running.Count < 6 && waiting.TryDequeue(out Row? next))
            {
                next.Handle = session.StartRow(prefixes[next.Prompt]);
                running.Add(next);
            }

            Step(session, [.. running.OrderBy(_ => random.Next())]);
            foreach (Row done in running.Where(row => row.Tokens.Count == row.Length).ToList())
            {
                session.ReleaseRow(done.Handle);
                running.Remove(done);
            }
        }

        return new Drawn(
            [.. prompts.Select((prompt, p) => (prompt, all.Where(row => row.Prompt == p).Select(row => row.Tokens.ToArray()).ToArray()))],
            [.. all.SelectMany(row => row.LogProbs)]);
    }

    private static void Step(IDecodingSession session, Row[] rows)
    {
        SampledToken[] sampled = new SampledToken[rows.Length];
        session.Decode(
            [.. rows.Select(row => row.Handle)], [.. rows.Select(row => row.Last)], [.. rows.Select(_ => new SamplingParameters(Temperature))],
            [.. rows.Select(row => new PhiloxCounter(RandomPurpose.Sampling, 0, (uint)row.Prompt, (uint)row.Rollout, (uint)row.Tokens.Count))], sampled);
        for (int r = 0; r < rows.Length; r++)
        {
            rows[r].Tokens.Add(sampled[r].Token);
            rows[r].LogProbs.Add(sampled[r].LogProb);
            rows[r].Last = sampled[r].Token;
        }
    }

    private sealed class Row(int prompt, int rollout, int length, int last)
    {
        public int Prompt => prompt;

        public int Rollout => rollout;

        public int Length => length;

        public int Last { get; set; } = last;

        public int Handle { get; set; }

        public List<int> Tokens { get; } = [];

        public List<float> LogProbs { get; } = [];
    }
}
