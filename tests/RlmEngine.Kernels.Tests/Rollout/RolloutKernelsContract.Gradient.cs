namespace RlmEngine.Kernels.Tests.Rollout;

internal abstract partial class RolloutKernelsContract
{
    [TestCase(1f)]
    [TestCase(0.7f)]
    [TestCase(1.6f)]
    public void Gradient_FiveBySeventeen_IsTheFiniteDifferenceInDouble(float temperature)
    {
        const int rows = 5;
        const int vocabulary = 17;
        float[] logits = TestRows.Normal(rows * vocabulary, 1.5, 20);
        int[] targets = TestRows.Targets(rows, vocabulary, 21);
        float[] dLogProbs = TestRows.Normal(rows, 1, 22);
        float[] dEntropies = TestRows.Normal(rows, 1, 23);
        float[] gradient = Gradient(logits, vocabulary, targets, TestRows.Repeat(temperature, rows), dLogProbs, dEntropies);
        const double step = 1e-5;
        for (int row = 0; row < rows; row++)
        {
            double[] point = [.. logits.Skip(row * vocabulary).Take(vocabulary).Select(x => (double)x)];
            for (int v = 0; v < vocabulary; v++)
            {
                double difference = (Loss(row, point, v, step) - Loss(row, point, v, -step)) / (2 * step);
                Assert.That((double)gradient[(row * vocabulary) + v], Is.EqualTo(difference).Within(1e-6));
            }
        }

        double Loss(int row, double[] point, int moved, double by)
        {
            double[] logProbs = TestRows.LogProbs([.. point.Select((x, v) => (v == moved ? x + by : x) / temperature)]);
            return (dLogProbs[row] * logProbs[targets[row]]) + (dEntropies[row] * TestRows.EntropyOf(logProbs));
        }
    }

    [TestCase(1, 2)]
    [TestCase(2, 3)]
    [TestCase(7, 521)]
    [TestCase(15, 5)]
    [TestCase(16, 5)]
    [TestCase(31, 5)]
    [TestCase(257, 17)]
    [TestCase(1021, 5)]
    [TestCase(32000, 2)]
    [TestCase(50257, 1)]
    [TestCase(151936, 1)]
    public void Gradient_AnyShape_IsTheFormulaInDouble(int vocabulary, int rows)
    {
        const float temperature = 0.7f;
        float[] logits = TestRows.Normal(rows * vocabulary, 3, 24);
        int[] targets = TestRows.Targets(rows, vocabulary, 25);
        float[] dLogProbs = TestRows.Normal(rows, 1, 26);
        float[] dEntropies = TestRows.Normal(rows, 1, 27);
        float[] gradient = Gradient(logits, vocabulary, targets, TestRows.Repeat(temperature, rows), dLogProbs, dEntropies);
        for (int row = 0; row < rows; row++)
        {
            double[] logProbs = TestRows.LogProbs(logits.AsSpan(row * vocabulary, vocabulary), temperature);
            double entropy = TestRows.EntropyOf(logProbs);
            double sum = 0;
            for (int v = 0; v < vocabulary; v++)
            {
                double p = Math.Exp(logProbs[v]);
                double truth = ((dLogProbs[row] * ((v == targets[row] ? 1 : 0) - p)) - (dEntropies[row] * p * (logProbs[v] + entropy))) / temperature;
                double ours = gradient[(row * vocabulary) + v];
                sum += ours;
                if (!(Math.Abs(ours - truth) <= 2e-5)) Assert.Fail($"row {row}, token {v}: {ours} is not {truth}");
            }

            // A common shift of the logits changes nothing, so the gradient has no component along it.
            Assert.That(sum, Is.Zero.Within(5e-5));
        }
    }

    [Test]
    public void Gradient_NoTarget_HasOnlyTheEntropysPart()
    {
        float[] logits = TestRows.Normal(100, 1, 28);
        float[] withTarget = Gradient(logits, 100, [3], [1f], [0f], [0.5f]);
        float[] without = Gradient(logits, 100, [-1], [1f], [float.NaN], [0.5f]);
        Assert.That(without, Is.EqualTo(withTarget));
        Assert.That(without, Has.Some.Not.Zero);
    }

    [Test]
    public void Gradient_MinusInfinities_HaveNone()
    {
        float[] logits = TestRows.Normal(100, 1, 29);
        for (int v = 0; v < 100; v += 3) logits[v] = float.NegativeInfinity;
        float[] gradient = Gradient(logits, 100, [1], [1f], [1f], [1f]);
        for (int v = 0; v < 100; v++) Assert.That(gradient[v] == 0, Is.EqualTo(v % 3 == 0), $"token {v}");
    }

    [Test]
    public void Gradient_AllMinusInfinity_IsZero() =>
        Assert.That(Gradient(TestRows.Repeat(float.NegativeInfinity, 40), 40, [1], [1f], [1f], [1f]), Is.All.Zero);

    [Test]
    public void Gradient_OneHot_IsZeroForItsTarget()
    {
        float[] logits = TestRows.Repeat(-1e30f, 40);
        logits[7] = 2f;
        Assert.That(Gradient(logits, 40, [7], [1f], [1f], [1f]), Is.All.Zero);
    }

    [TestCase(float.NaN)]
    [TestCase(float.PositiveInfinity)]
    public void Gradient_BadRow_IsNaNAndLeavesItsNeighboursAlone(float bad)
    {
        float[] logits = TestRows.Normal(300, 1, 30);
        int[] targets = [1, 2, 3];
        float[] ones = [1f, 1f, 1f];
        float[] clean = Gradient(logits, 100, targets, ones, ones, ones);
        logits[150] = bad;
        float[] gradient = Gradient(logits, 100, targets, ones, ones, ones);
        Assert.That(gradient.Skip(100).Take(100), Is.All.NaN);
        Assert.That(gradient.Take(100), Is.EqualTo(clean.Take(100)));
        Assert.That(gradient.Skip(200), Is.EqualTo(clean.Skip(200)));
    }

    [Test]
    public void Gradient_RowAmongOthers_HasTheBitsItHasAlone()
    {
        const int vocabulary = 259;
        const int rows = 33;
        float[] logits = TestRows.Normal(rows * vocabulary, 2, 31);
        int[] targets = TestRows.Targets(rows, vocabulary, 32);
        float[] ones = TestRows.Repeat(1f, rows);
        float[] together = Gradient(logits, vocabulary, targets, ones, ones, ones);
        for (int row = 0; row < rows; row += 5)
        {
            float[] alone = Gradient(logits.AsSpan(row * vocabulary, vocabulary).ToArray(), vocabulary, [targets[row]], [1f], [1f], [1f]);
            Assert.That(alone, Is.EqualTo(together.Skip(row * vocabulary).Take(vocabulary)));
        }
    }

    [TestCase(40)]
    [TestCase(-2)]
    public void Gradient_TargetOutOfRange_Throws(int target) => Assert.That(
        () => Kernels.LogProbGradient(new float[40], 40, [target], [1f], [1f], [1f], [1f], [1f]),
        Throws.TypeOf<ArgumentOutOfRangeException>());

    private float[] Gradient(
        float[] logits, int vocabulary, int[] targets, float[] temperatures, float[] dLogProbs, float[] dEntropies)
    {
        Scores scores = Score(logits, vocabulary, targets, temperatures);
        float[] gradient = [.. logits];
        Kernels.LogProbGradient(gradient, vocabulary, targets, temperatures, scores.LogSumExp, scores.Entropies, dLogProbs, dEntropies);
        return gradient;
    }
}
