namespace RlmEngine.Kernels.Tests.Rollout;

internal abstract partial class RolloutKernelsContract
{
    [TestCase(1, 1)]
    [TestCase(5, 3)]
    [TestCase(17, 16)]
    [TestCase(1000, 16)]
    [TestCase(1021, 1)]
    [TestCase(5000, 100)]
    [TestCase(5000, 4999)]
    [TestCase(50257, 16)]
    public void TopKEntropy_AnyShape_IsTheRenormalisedEntropyInDouble(int vocabulary, int k)
    {
        float[] row = TestRows.Normal(vocabulary, 2, 50);
        double[] logProbs = TestRows.LogProbs([.. row.OrderDescending().Take(k).ToArray()], 0.8);
        Assert.That((double)TopKEntropy(row, k, 0.8f), Is.EqualTo(TestRows.EntropyOf(logProbs)).Within(3e-6));
    }

    [Test]
    public void TopKEntropy_KOfTheVocabularyOrMore_IsTheEntropy()
    {
        float[] row = TestRows.Normal(777, 2, 51);
        float whole = Score(row, 777, [0]).Entropies[0];
        Assert.That(TopKEntropy(row, 777, 1f), Is.EqualTo(whole).Within(1e-6));
        Assert.That(TopKEntropy(row, int.MaxValue, 1f), Is.EqualTo(whole).Within(1e-6));
    }

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(16)]
    [TestCase(100)]
    public void TopKEntropy_TiedLogits_CountsExactlyK(int k) =>
        Assert.That((double)TopKEntropy(new float[3000], k, 1f), Is.EqualTo(Math.Log(k)).Within(1e-6));

    [Test]
    public void TopKEntropy_FewerFiniteThanK_CountsWhatThereIs()
    {
        float[] row = TestRows.Repeat(float.NegativeInfinity, 3000);
        row[5] = row[2000] = 1f;
        Assert.That((double)TopKEntropy(row, 16, 1f), Is.EqualTo(Math.Log(2)).Within(1e-6));
    }

    [TestCase(float.NaN, float.NaN)]
    [TestCase(float.PositiveInfinity, float.NaN)]
    public void TopKEntropy_BadRow_IsNaN(float bad, float expected)
    {
        float[] row = TestRows.Normal(100, 1, 52);
        row[99] = bad;
        Assert.That(TopKEntropy(row, 16, 1f), Is.EqualTo(expected));
    }

    [Test]
    public void TopKEntropy_AllMinusInfinity_IsZero() =>
        Assert.That(TopKEntropy(TestRows.Repeat(float.NegativeInfinity, 40), 16, 1f), Is.Zero);

    [TestCase(0)]
    [TestCase(-1)]
    public void TopKEntropy_KNotPositive_Throws(int k) =>
        Assert.That(() => TopKEntropy(new float[10], k, 1f), Throws.TypeOf<ArgumentOutOfRangeException>());

    private float TopKEntropy(float[] row, int k, float temperature)
    {
        float[] entropies = new float[1];
        Kernels.TopKEntropy(row, row.Length, k, [temperature], entropies);
        return entropies[0];
    }
}
