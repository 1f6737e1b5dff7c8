using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Kernels.Tests.Rollout;

/// <summary>Several draws from one row of logits are the draws that each would be alone, bit for bit.</summary>
[NonParallelizable]
public sealed class SharedSamplingTests
{
    private const ulong Seed = 11;
    private static readonly SamplingParameters[] s_parameters =
    [
        new(1f), new(0.7f), new(0f), new(1f, TopK: 5), new(1.3f, TopP: 0.8f), new(1f, MinP: 0.05f),
    ];

    [Test]
    public void Sample_RowsNamedByManyInAnyOrder_AreTheDrawsAlone(
        [Values(1, 16, 17, 384, 5000)] int vocabulary, [Values(512, 256, 128)] int width, [Values] bool inRuns)
    {
        int before = VectorWidth.Bits;
        try
        {
            VectorWidth.Bits = width;
            const int rows = 6, draws = 203;
            Random random = new(vocabulary);
            float[] logits_UV = [.. Enumerable.Range(0, rows * vocabulary).Select(_ => (float)(8 * random.NextDouble()))];
            logits_UV.AsSpan(2 * vocabulary, vocabulary).Fill(float.NaN);
            logits_UV.AsSpan(3 * vocabulary, vocabulary).Fill(float.NegativeInfinity);
            // Runs of one row at one temperature, with a change in their middle, or none that is alike.
            int[] rows_R = [.. Enumerable.Range(0, draws).Select(i => inRuns ? i / 34 : random.Next(rows))];
            SamplingParameters[] parameters_R = [.. Enumerable.Range(0, draws).Select(i => s_parameters[inRuns ? i / 17 % 6 : random.Next(6)])];
            PhiloxCounter[] counters_R =
                [.. Enumerable.Range(0, draws).Select(i => new PhiloxCounter(RandomPurpose.Sampling, (uint)i, 0, 0, 0))];
            var together = new SampledToken[draws];
            BatchedSampling.Sample(logits_UV, vocabulary, rows_R, parameters_R, counters_R, Seed, together);
            for (int i = 0; i < draws; i++)
            {
                SampledToken alone = BatchedSampling.SampleRow(
                    logits_UV.AsSpan(rows_R[i] * vocabulary, vocabulary), parameters_R[i], counters_R[i], Seed);
                Assert.That(together[i], Is.EqualTo(alone), $"draw {i} of row {rows_R[i]}");
            }
        }
        finally
        {
            VectorWidth.Bits = before;
        }
    }

    [Test]
    public void Sample_NoDraws_DoesNothing() =>
        Assert.That(() => BatchedSampling.Sample(new float[8], 4, [], [], [], Seed, []), Throws.Nothing);

    [Test]
    public void Sample_ATemperatureBelowZeroAmongMany_Throws() => Assert.That(
        () => BatchedSampling.Sample(
            new float[4], 4, [0, 0, 0], [new(-1f), new(-1f), new(-1f)], new PhiloxCounter[3], Seed, new SampledToken[3]),
        Throws.TypeOf<ArgumentOutOfRangeException>());
}
