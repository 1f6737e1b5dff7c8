using RlmEngine.Kernels.Dense;

namespace RlmEngine.Kernels.Tests.Dense;

[NonParallelizable]
public class ResidualBiasEmbeddingTests
{
    private static readonly (int Rows, int N)[] s_sizes = [(0, 5), (1, 1), (3, 17), (31, 33), (33, 129), (700, 65)];

    [TestCaseSource(nameof(s_sizes))]
    public void ResidualAdd_AnySize_IsTheSum((int Rows, int N) size)
    {
        float[] x = DenseTest.Numbers(size.Rows * size.N, 1), delta = DenseTest.Numbers(size.Rows * size.N, 2);
        float[] actual = DenseTest.SameBitsEverywhere(() =>
        {
            float[] sum = [.. x];
            Residual.Add(sum, delta);
            return sum;
        });
        Assert.That(actual, Is.EqualTo(x.Zip(delta, (a, b) => a + b)));
    }

    [TestCaseSource(nameof(s_sizes))]
    public void BiasAdd_AnySize_AddsToEachRow((int Rows, int N) size)
    {
        float[] y = DenseTest.Numbers(size.Rows * size.N, 1), bias = DenseTest.Numbers(size.N, 2);
        float[] actual = DenseTest.SameBitsEverywhere(() =>
        {
            float[] sum = [.. y];
            Bias.Add(sum, bias);
            return sum;
        });
        Assert.That(actual, Is.EqualTo(y.Select((value, at) => value + bias[at % size.N])));
    }

    [TestCaseSource(nameof(s_sizes))]
    public void BiasBackward_AnySize_HasTheBitsOfTheReference((int Rows, int N) size)
    {
        float[] dy = DenseTest.Numbers(size.Rows * size.N, 1), old = DenseTest.Numbers(size.N, 2), expected = [.. old];
        Bias.BackwardReference<float>(dy, expected);
        float[] actual = DenseTest.SameBitsEverywhere(() =>
        {
            float[] dbias = [.. old];
            Bias.Backward(dy, dbias);
            return dbias;
        });
        Assert.That(DenseTest.Bits(actual), Is.EqualTo(DenseTest.Bits(expected)));
    }

    [TestCaseSource(nameof(s_sizes))]
    public void EmbeddingBackward_RepeatedTokens_HasTheBitsOfTheReference((int Rows, int N) size)
    {
        const int vocabulary = 9;
        int[] tokens = [.. Enumerable.Range(0, size.Rows).Select(row => row * 5 % vocabulary)];
        float[] dx = DenseTest.Numbers(size.Rows * size.N, 1), old = DenseTest.Numbers(vocabulary * size.N, 2), expected = [.. old];
        Embedding.BackwardReference<float>(dx, tokens, expected, size.N);
        float[] actual = DenseTest.SameBitsEverywhere(() =>
        {
            float[] dtable = [.. old];
            Embedding.Backward(dx, tokens, dtable, size.N);
            return dtable;
        });
        Assert.That(DenseTest.Bits(actual), Is.EqualTo(DenseTest.Bits(expected)));
    }

    [Test]
    public void EmbeddingGather_Tokens_GivesTheirRows()
    {
        var x = new float[6];
        Embedding.Gather([1, 2, 3, 4, 5, 6], [2, 0, 2], x, 2);
        Assert.That(x, Is.EqualTo(new float[] { 5, 6, 1, 2, 5, 6 }));
    }

    [Test]
    public void Gradients_OfTheReferences_MatchFiniteDifferences()
    {
        int[] tokens = [1, 0, 1];
        double[] bias = [0.1, 0.2], table = [1, 2, 3, 4], dy = [1, -2, 3, 4, -5, 6], dbias = new double[2], dtable = new double[4];
        Bias.BackwardReference<double>(dy, dbias);
        Embedding.BackwardReference<double>(dy, tokens, dtable, 2);
        DenseTest.CheckGradient(bias, dy, at => [.. Enumerable.Range(0, 6).Select(i => at[i % 2])], dbias);
        DenseTest.CheckGradient(table, dy, at => [.. Enumerable.Range(0, 6).Select(i => at[tokens[i / 2] * 2 + i % 2])], dtable);
    }

    [TestCase(3)]
    [TestCase(-1)]
    public void Embedding_TokenOutsideTheTable_Throws(int token)
    {
        Assert.That(() => Embedding.Gather(new float[6], [token], new float[2], 2), Throws.ArgumentException.With.Message.Contains($"token {token}"));
        Assert.That(() => Embedding.Backward(new float[2], [token], new float[6], 2), Throws.ArgumentException);
    }

    [Test]
    public void WrongLengths_Throw()
    {
        Assert.That(() => Residual.Add(new float[2], new float[3]), Throws.ArgumentException);
        Assert.That(() => Bias.Add(new float[3], new float[2]), Throws.ArgumentException);
        Assert.That(() => Bias.Backward(new float[3], new float[2]), Throws.ArgumentException);
        Assert.That(() => Embedding.Gather(new float[6], [0], new float[3], 2), Throws.ArgumentException);
    }
}
