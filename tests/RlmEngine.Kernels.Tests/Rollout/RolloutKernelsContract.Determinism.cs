using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Kernels.Tests.Rollout;

internal abstract partial class RolloutKernelsContract
{
    [Test]
    public void Sample_Repeated_IsTheSameBits()
    {
        foreach (SamplingParameters parameters in Truncations)
        {
            float[] logits = TestRows.Normal(8 * 1021, 2, 70);
            SampledToken[] first = Draw(logits, 1021, parameters, TestRows.Counters(8));
            Assert.That(Draw(logits, 1021, parameters, TestRows.Counters(8)), Is.EqualTo(first));
        }
    }

    [Test]
    public void Sample_PermutedBatch_GivesEachRowTheSameDraw()
    {
        const int vocabulary = 1021;
        int rows = 3 * Truncations.Length;
        float[] logits = TestRows.Normal(rows * vocabulary, 2, 71);
        PhiloxCounter[] counters = TestRows.Counters(rows);
        SamplingParameters[] parameters = [.. Enumerable.Range(0, rows).Select(row => Truncations[row % Truncations.Length])];
        var drawn = new SampledToken[rows];
        Kernels.Sample(logits, vocabulary, parameters, counters, Seed, drawn);

        int[] order = [.. Enumerable.Range(0, rows)];
        new PhiloxStream(72, default).Shuffle(order.AsSpan());
        float[] permuted = [.. order.SelectMany(row => logits.Skip(row * vocabulary).Take(vocabulary))];
        var again = new SampledToken[rows];
        Kernels.Sample(
            permuted, vocabulary, [.. order.Select(row => parameters[row])], [.. order.Select(row => counters[row])], Seed, again);
        Assert.That(again, Is.EqualTo(order.Select(row => drawn[row])));
    }

    [Test]
    public void Sample_AnotherSeedOrCounter_DrawsOtherwise()
    {
        const int rows = 200;
        float[] logits = TestRows.Repeat(0f, rows * 64);
        PhiloxCounter[] counters = TestRows.Counters(rows);
        int[] first = Tokens(counters, Seed);
        Assert.That(Tokens(counters, Seed), Is.EqualTo(first));
        // Independent draws of 64 equal tokens agree in 200/64 rows on average; 20 or more has probability below 10⁻⁹.
        Assert.That(Agreements(Tokens(counters, Seed + 1)), Is.LessThan(20));
        Assert.That(Agreements(Tokens(TestRows.Counters(rows, step: 1), Seed)), Is.LessThan(20));
        Assert.That(Agreements(Tokens([.. counters.Select(c => c with { Rollout = 1 })], Seed)), Is.LessThan(20));
        Assert.That(Agreements(Tokens([.. counters.Select(c => c with { Purpose = RandomPurpose.Evaluation })], Seed)), Is.LessThan(20));

        int[] Tokens(PhiloxCounter[] at, ulong seed) => [.. Draw(logits, 64, new SamplingParameters(1f), at, seed).Select(x => x.Token)];
        int Agreements(int[] other) => other.Where((token, row) => token == first[row]).Count();
    }

    [TestCase(-1f, 0, 1f, 0f)]
    [TestCase(float.NaN, 0, 1f, 0f)]
    [TestCase(1f, -1, 1f, 0f)]
    [TestCase(1f, 0, 0f, 0f)]
    [TestCase(1f, 0, 1.01f, 0f)]
    [TestCase(1f, 0, float.NaN, 0f)]
    [TestCase(1f, 0, 1f, -0.1f)]
    [TestCase(1f, 0, 1f, 1.1f)]
    [TestCase(1f, 0, 1f, float.NaN)]
    public void Sample_ParameterOutOfRange_Throws(float temperature, int topK, float topP, float minP) => Assert.That(
        () => Draw(new float[10], 10, new SamplingParameters(temperature, topK, topP, minP), TestRows.Counters(1)),
        Throws.TypeOf<ArgumentOutOfRangeException>());

    [Test]
    public void Sample_LengthsThatDisagree_Throw()
    {
        Assert.That(() => Draw(new float[11], 10, new SamplingParameters(1f), TestRows.Counters(1)), Throws.ArgumentException);
        Assert.That(
            () => Kernels.Sample(new float[10], 10, [new SamplingParameters(1f)], [default, default], 1, new SampledToken[1]), Throws.ArgumentException);
    }

    [Test]
    public void Sample_NoRows_DoesNothing() => Assert.That(Draw([], 10, new SamplingParameters(1f), []), Is.Empty);

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(7)]
    [TestCase(15)]
    [TestCase(16)]
    [TestCase(17)]
    [TestCase(31)]
    [TestCase(1023)]
    [TestCase(1024)]
    [TestCase(1025)]
    [TestCase(32000)]
    [TestCase(50257)]
    public void Sample_AnyVocabulary_AgreesWithTheReference(int vocabulary)
    {
        int rows = vocabulary > 10_000 ? 1 : 2;
        float[] logits = TestRows.Normal(rows * vocabulary, 2, (ulong)vocabulary);
        foreach (SamplingParameters parameters in Truncations.Append(new SamplingParameters(0f)))
        {
            PhiloxCounter[] counters = TestRows.Counters(rows, step: 9);
            SampledToken[] drawn = Draw(logits, vocabulary, parameters, counters);
            for (int row = 0; row < rows; row++)
            {
                SampledToken expected = BatchedSamplingReference.SampleRow(
                    logits.AsSpan(row * vocabulary, vocabulary), parameters, counters[row], Seed);
                Assert.That(drawn[row].Token, Is.EqualTo(expected.Token), $"{parameters}");
                Assert.That(drawn[row].TruncatedLogProb, Is.EqualTo(expected.TruncatedLogProb).Within(3e-6));
            }
        }
    }
}
