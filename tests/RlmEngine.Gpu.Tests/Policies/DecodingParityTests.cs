using RlmEngine.Kernels.Rollout;
using RlmEngine.Policies;
using RlmEngine.Recipes;
using RlmEngine.Rollouts;
using RlmEngine.Tokenization;
using RlmEngine.Transformer.Tests;

namespace RlmEngine.Gpu.Tests.Policies;

/// <summary>Decoding over static caches: the trainer's log-probs and the embedded transformer's draws, to rounding; the session's contract.</summary>
[NonParallelizable]
public sealed class DecodingParityTests
{
    [Test]
    public void Decode_RandomGroupsEndingEarly_LogProbsEqualScore([Values] ModelFamily family, [Values] WeightType compute, [Values(1, 2)] int seed)
    {
        using TorchModels models = new(TorchModels.Config(family, tied: seed == 1) with { Compute = compute });
        Drawn drawn = Drawn.From(models.Torch, seed);
        TokenBatch batch = TestBatches.Groups(drawn.Groups, Drawn.Temperature);
        float[] scored = TorchModels.Score(models.Torch, batch).LogProbs;
        // The stated bound of a rollout's mismatch: rounding of float32; of bfloat16, eight bits of mantissa.
        Assert.That(scored, Is.EqualTo(drawn.LogProbs).Within(compute == WeightType.Float32 ? 3e-5 : 0.2));
    }

    [Test]
    public void Decode_SameSeed_DrawsAreEmbeddedOnes([Values] ModelFamily family, [Values(1, 2, 3)] int seed)
    {
        using TorchModels models = new(TorchModels.Config(family));
        Drawn expected = Drawn.From(models.Embedded, seed), actual = Drawn.From(models.Torch, seed);
        // A draw is decided by rounding about once in 1e5; here none of some 200 is.
        Assert.That(actual.Groups.SelectMany(g => g.Completions), Is.EqualTo(expected.Groups.SelectMany(g => g.Completions)));
        Assert.That(actual.LogProbs, Is.EqualTo(expected.LogProbs).Within(3e-5));
    }

    [Test]
    public void Prefill_PromptsThatBeginAlike_CommonTokensAreComputedOnce()
    {
        using TorchModels models = new(TorchModels.Config(ModelFamily.Qwen3));
        using IDecodingSession session = models.Torch.OpenSession(4, 1);
        int[] tokens = TestBatches.Tokens(new Random(1), 40, 61), other = [.. tokens[..25], .. TestBatches.Tokens(new Random(2), 9, 61)];
        int[] third = [.. other[..30], 1, 2, 3], fourth = [.. third[..32], 4, 5];
        int[] handles = session.Prefill([tokens, tokens.AsMemory(0, 30), Array.Empty<int>(), other, tokens, third, fourth]);
        Assert.That(session.Counts.PrefillTokens, Is.EqualTo(40 + 9 + 3 + 2));
        foreach ((int handle, int[] prompt) in new[] { (handles[0], tokens), (handles[1], tokens[..30]), (handles[2], []), (handles[3], other), (handles[4], tokens), (handles[5], third), (handles[6], fourth) })
        {
            int row = session.StartRow(handle);
            SampledToken drawn = Feed(session, row, 7);
            float[] scored = TorchModels.Score(models.Torch, TestBatches.Groups([([.. prompt, 7], [[drawn.Token]])], 1f)).LogProbs;
            Assert.That(drawn.LogProb, Is.EqualTo(scored[0]).Within(3e-5), $"prompt of {prompt.Length}");
            session.ReleaseRow(row);
        }

        Assert.That(session.Counts.PromptTokens, Is.EqualTo(40 + 30 + 0 + 34 + 40 + 33 + 34));
        Assert.That(session.Counts.DecodedTokens, Is.EqualTo(7));
    }

    [Test]
    public void Decode_CachesGrow_WhatStoodInThemStays()
    {
        using TorchModels models = new(TorchModels.Config(ModelFamily.Qwen3) with { ContextLength = 256 });
        using IDecodingSession session = models.Torch.OpenSession(3, 1);
        int[] tokens = TestBatches.Tokens(new Random(4), 150, 61);
        int first = session.StartRow(session.Prefill([tokens.AsMemory(0, 5)])[0]);
        List<float> drawn = [];
        List<(int[], int[][])> read = [];
        for (int i = 5; i < tokens.Length; i++)
        {
            // Row slots grow at position 20, prefix slots and positions at 40, row positions at 64 of its own.
            if (i == 20) _ = Feed(session, session.StartRow(session.Prefill([new int[] { 1 }])[0]), 2);
            if (i == 40) _ = session.Prefill([TestBatches.Tokens(new Random(5), 100, 61), TestBatches.Tokens(new Random(6), 90, 61)]);
            SampledToken next = Feed(session, first, tokens[i]);
            drawn.Add(next.LogProb);
            read.Add((tokens[..(i + 1)], [[next.Token]]));
        }

        Assert.That(drawn, Is.EqualTo(TorchModels.Score(models.Torch, TestBatches.Groups(read, 1f)).LogProbs).Within(3e-5));
    }

    [Test]
    public void Decode_ContextFull_Throws()
    {
        using TorchModels models = new(TorchModels.Config(ModelFamily.Llama) with { ContextLength = 70 });
        using IDecodingSession session = models.Torch.OpenSession(2, 1);
        int row = session.StartRow(session.Prefill([TestBatches.Tokens(new Random(1), 68, 61)])[0]);
        _ = Feed(session, row, 1);
        _ = Feed(session, row, 2);
        Assert.That(() => Feed(session, row, 3), Throws.InvalidOperationException.With.Message.Contains("70"));
        Assert.That(() => session.Prefill([new int[71]]), Throws.ArgumentException);
    }

    [Test]
    public void Decode_AfterStep_StaleSessionThrows()
    {
        using TorchModels models = new(TorchModels.Config(ModelFamily.Llama));
        using IDecodingSession session = models.Torch.OpenSession(2, 1);
        int row = session.StartRow(session.Prefill([new int[] { 1, 2 }])[0]);
        models.Torch.Step(new OptimizerStep(1e-3, 0.9, 0.95, 1e-8, 0, 0));
        Assert.That(() => Feed(session, row, 3), Throws.InvalidOperationException);
    }

    [Test]
    public void Decode_BadCalls_Throw()
    {
        using TorchModels models = new(TorchModels.Config(ModelFamily.Llama));
        using IDecodingSession session = models.Torch.OpenSession(1, 1);
        int prefix = session.Prefill([new int[] { 1, 2 }])[0], row = session.StartRow(prefix);
        Assert.That(() => session.StartRow(prefix), Throws.InvalidOperationException, "one row at most");
        Assert.That(() => Feed(session, row, 61), Throws.ArgumentException);
        Assert.That(() => Feed(session, row + 1, 1), Throws.ArgumentException);
        Assert.That(() => session.Decode([row, row], [1, 1], new SamplingParameters[2], new PhiloxCounter[2], new SampledToken[2]), Throws.ArgumentException);
        session.ReleasePrefix(prefix);
        Assert.That(() => session.ReleasePrefix(prefix), Throws.ArgumentException);
        Assert.That(() => session.StartRow(prefix), Throws.ArgumentException);
        Assert.That(() => Feed(session, row, 1), Throws.Nothing, "its row goes on");
        session.ReleaseRow(row);
        Assert.That(() => session.ReleaseRow(row), Throws.ArgumentException);
    }

    private static SampledToken Feed(IDecodingSession session, int row, int token)
    {
        SampledToken[] sampled = new SampledToken[1];
        session.Decode([row], [token], [new SamplingParameters(1f)], [default], sampled);
        return sampled[0];
    }
}
