using RlmEngine.Kernels.Dense;

namespace RlmEngine.Kernels.Tests.Dense;

[NonParallelizable]
public class AttentionTests
{
    private static readonly (int, int, int)[] s_layout =
        [(1, -1, 0), (40, -1, 0), (7, 1, 40), (1, 1, 39), (21, 1, 17), (16, -1, 0), (5, 5, 16), (3, 5, 5), (70, -1, 0), (2, 8, 64)];

    private static IEnumerable<AttentionShape> Shapes() =>
        [new(1, 1, 2), new(3, 1, 10), new(4, 2, 32), new(2, 2, 16), new(6, 3, 24), new(4, 1, 64), new(2, 1, 80)];

    [TestCaseSource(nameof(Shapes))]
    public void Forward_SharedPrefixes_MatchesReferenceInDouble(AttentionShape shape)
    {
        AttentionCase test = new(shape, s_layout);
        float[] actual = DenseTest.SameBitsEverywhere(() => test.Forward());
        Assert.That(actual, Is.EqualTo(test.ForwardReference()).Within(2e-6));
    }

    [TestCaseSource(nameof(Shapes))]
    public void Backward_SharedPrefixes_MatchesReferenceInDouble(AttentionShape shape)
    {
        AttentionCase test = new(shape, s_layout);
        float[] dOutput = DenseTest.Numbers(test.Rows * shape.QueryWidth, 4);
        float[] actual = DenseTest.SameBitsEverywhere(() => test.Backward(dOutput));
        double[] expected = test.BackwardReference(dOutput);
        Assert.That(actual, Is.EqualTo(expected).Within(2e-6 * Math.Max(1, expected.Max(Math.Abs))));
    }

    [Test]
    public void BackwardReference_EveryInput_MatchesCentralDifferences()
    {
        AttentionShape shape = new(4, 2, 2);
        AttentionCase test = new(shape, (3, -1, 0), (2, 0, 2), (1, 0, 3), (2, -1, 0));
        double[] q = DenseTest.Widen(test.Queries), k = DenseTest.Widen(test.Keys), v = DenseTest.Widen(test.Values);
        float[] factors = DenseTest.Numbers(q.Length, 5);
        double[] actual = test.BackwardReference(factors);
        const double step = 1e-5;
        int place = 0;
        foreach (double[] input in new[] { q, k, v })
        {
            for (int i = 0; i < input.Length; i++, place++)
            {
                double value = input[i];
                input[i] = value + step;
                double above = Loss();
                input[i] = value - step;
                double below = Loss();
                input[i] = value;
                Assert.That(actual[place], Is.EqualTo((above - below) / (2 * step)).Within(1e-9), $"input {place}");
            }
        }

        double Loss()
        {
            double[] output = new double[q.Length];
            Attention.ForwardReference<double>(test.Batch, q, k, v, output);
            return output.Zip(factors, (x, factor) => x * factor).Sum();
        }
    }

    [TestCase(1)]
    [TestCase(15)]
    [TestCase(16)]
    [TestCase(17)]
    [TestCase(64)]
    [TestCase(131)]
    public void Forward_RowByRow_SameBitsAsWhole(int length)
    {
        AttentionShape shape = new(4, 2, 10);
        AttentionCase whole = new(shape, (length, -1, 0));
        float[] expected = whole.Forward();
        int[] table = [.. Enumerable.Range(0, (length + 15) / 16).Select(page => page * 2)];
        float[] pages = new float[2 * table.Length * shape.PageFloats], actual = new float[expected.Length];
        for (int row = 0; row < length; row++)
        {
            AttentionBatch one = new(shape, [new AttentionSegment(0, 1, row, 0, row, -1)], table);
            int from = row * shape.KeyValueWidth;
            Attention.Pack(one, whole.Keys.AsSpan(from, shape.KeyValueWidth), whole.Values.AsSpan(from, shape.KeyValueWidth), pages);
            int query = row * shape.QueryWidth;
            Attention.Forward(
                one, whole.Queries.AsSpan(query, shape.QueryWidth), pages, actual.AsSpan(query, shape.QueryWidth), []);
        }

        Assert.That(DenseTest.Bits(actual), Is.EqualTo(DenseTest.Bits(expected)));
    }

    [Test]
    public void Forward_SegmentWithParent_SameBitsAsWholeSequence()
    {
        AttentionShape shape = new(3, 1, 10);
        for (int past = 1; past < 40; past++)
        {
            AttentionCase whole = new(shape, (45, -1, 0)), split = new(shape, (past, -1, 0), (45 - past, 0, past));
            Assert.That(DenseTest.Bits(split.Forward()), Is.EqualTo(DenseTest.Bits(whole.Forward())), $"split at {past}");
        }
    }

    [Test]
    public void Forward_LaterKeysNotFinite_EarlierRowsUntouched([Values(float.NaN, float.PositiveInfinity, float.NegativeInfinity)] float bad)
    {
        AttentionShape shape = new(2, 1, 12);
        AttentionCase clean = new(shape, (30, -1, 0)), spoiled = new(shape, (30, -1, 0));
        for (int i = 20 * shape.KeyValueWidth; i < spoiled.Keys.Length; i++)
            spoiled.Keys[i] = spoiled.Values[i] = bad;
        int untouched = 20 * shape.QueryWidth;
        float[] expected = clean.Forward(), actual = spoiled.Forward();
        Assert.That(DenseTest.Bits(actual.AsSpan(0, untouched)), Is.EqualTo(DenseTest.Bits(expected.AsSpan(0, untouched))));
        Assert.That(actual[untouched..(untouched + shape.QueryWidth)].Any(x => !float.IsFinite(x)));
    }

    [Test]
    public void Forward_EqualKeys_GivesMeanOfValues()
    {
        AttentionShape shape = new(1, 1, 4);
        AttentionCase test = new(shape, (50, -1, 0));
        Array.Fill(test.Keys, 0.5f);
        float[] output = test.Forward();
        for (int row = 0; row < 50; row++)
        {
            for (int d = 0; d < 4; d++)
            {
                double mean = Enumerable.Range(0, row + 1).Average(j => (double)test.Values[(j * 4) + d]);
                Assert.That(output[(row * 4) + d], Is.EqualTo(mean).Within(1e-6));
            }
        }
    }

    [Test]
    public void Forward_HugeScores_TakesTheLargestWithoutOverflow()
    {
        AttentionShape shape = new(1, 1, 2);
        AttentionCase test = new(shape, (20, -1, 0));
        for (int row = 0; row < 20; row++)
        {
            test.Queries[row * 2] = 1e18f;
            test.Keys[row * 2] = row == 3 ? 2e18f : 1e18f;
            test.Queries[(row * 2) + 1] = test.Keys[(row * 2) + 1] = 0;
        }

        float[] output = test.Forward();
        Assert.That(output[(19 * 2)..], Is.EqualTo(test.Values[(3 * 2)..(4 * 2)]));
        float[] gradient = test.Backward(DenseTest.Numbers(40, 6));
        Assert.That(gradient, Has.All.Matches<float>(float.IsFinite));
    }

    [Test]
    public void Forward_SpansTooShort_AreRefused()
    {
        AttentionShape shape = new(2, 1, 4);
        AttentionSegment[] segments = [new(0, 2, 0, 0, 0, -1)];
        float[] pages = new float[shape.PageFloats];
        foreach ((int queries, int outputs) in new[] { (15, 16), (16, 15) })
        {
            Assert.That(
                () => Attention.Forward(new AttentionBatch(shape, segments, [0]), new float[queries], pages, new float[outputs], []),
                Throws.ArgumentException);
        }

        Assert.That(() => Attention.Pack(new AttentionBatch(shape, segments, [0]), new float[8], new float[7], pages), Throws.ArgumentException);
    }

    [Test]
    public void Forward_NoRows_DoesNothing()
        => Assert.That(() => Attention.Forward(new AttentionBatch(new(2, 1, 4), [], []), [], [], [], []), Throws.Nothing);
}
