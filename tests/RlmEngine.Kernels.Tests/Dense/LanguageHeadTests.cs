using RlmEngine.Kernels.Dense;

namespace RlmEngine.Kernels.Tests.Dense;

[NonParallelizable]
public class LanguageHeadTests
{
    private static IEnumerable<(int Targets, int Vocabulary, int Width)> Sizes() =>
        [(1, 1, 1), (5, 7, 3), (40, 61, 24), (65, 300, 17), (300, 33, 16), (70, 5000, 9), (0, 7, 3)];

    [TestCaseSource(nameof(Sizes))]
    public void Forward_AnySize_MatchesReferenceInDouble((int Targets, int Vocabulary, int Width) size)
    {
        Case test = new(size);
        double[] expected = new double[2 * size.Targets];
        LanguageHead.ForwardReference<double>(
            test.WeightDouble, size.Width, test.Targets, test.HiddenDouble, expected.AsSpan(0, size.Targets), expected.AsSpan(size.Targets));
        float[] actual = DenseTest.SameBitsEverywhere(test.Forward);
        Assert.That(actual, Is.EqualTo(expected).Within(1e-5));
    }

    [TestCaseSource(nameof(Sizes))]
    public void Backward_AnySize_AddsTheReferencesGradient((int Targets, int Vocabulary, int Width) size)
    {
        Case test = new(size);
        double[] dHidden = [.. test.OldHidden.Select(x => (double)x)], dWeight = [.. test.OldWeight.Select(x => (double)x)];
        LanguageHead.BackwardReference<double>(
            test.WeightDouble, size.Width, test.Targets, test.HiddenDouble, DenseTest.Widen(test.DLogProbs),
            DenseTest.Widen(test.DEntropies), dHidden, dWeight);
        double[] expected = [.. dHidden, .. dWeight];
        float[] actual = DenseTest.SameBitsEverywhere(test.Backward);
        Assert.That(actual, Is.EqualTo(expected).Within(1e-5 * Math.Max(1, expected.Max(Math.Abs))));
    }

    [Test]
    public void BackwardReference_EveryInput_MatchesCentralDifferences()
    {
        Case test = new((6, 5, 3));
        double[] hidden = test.HiddenDouble, weight = test.WeightDouble;
        double[] dHidden = new double[hidden.Length], dWeight = new double[weight.Length];
        LanguageHead.BackwardReference<double>(
            weight, 3, test.Targets, hidden, DenseTest.Widen(test.DLogProbs), DenseTest.Widen(test.DEntropies), dHidden, dWeight);
        const double step = 1e-5;
        foreach ((double[] input, double[] gradient) in new[] { (hidden, dHidden), (weight, dWeight) })
        {
            for (int i = 0; i < input.Length; i++)
            {
                double value = input[i];
                input[i] = value + step;
                double above = Loss();
                input[i] = value - step;
                double below = Loss();
                input[i] = value;
                Assert.That(gradient[i], Is.EqualTo((above - below) / (2 * step)).Within(1e-9));
            }
        }

        double Loss()
        {
            double[] logProbs = new double[6], entropies = new double[6];
            LanguageHead.ForwardReference<double>(weight, 3, test.Targets, hidden, logProbs, entropies);
            return logProbs.Zip(test.DLogProbs, (x, g) => x * g).Sum() + entropies.Zip(test.DEntropies, (x, g) => x * g).Sum();
        }
    }

    [Test]
    public void Forward_TargetAlone_SameBitsAsAmongOthers()
    {
        Case test = new((150, 401, 20));
        float[] together = test.Forward();
        for (int m = 0; m < 150; m += 13)
        {
            float[] logProb = new float[1], entropy = new float[1];
            HeadTargets one = new(test.Targets.Rows_M.Slice(m, 1), test.Targets.Tokens_M.Slice(m, 1), test.Targets.Temperatures_M.Slice(m, 1));
            LanguageHead.Forward(test.Head, one, test.Hidden, logProb, entropy);
            Assert.That(DenseTest.Bits([logProb[0], entropy[0]]), Is.EqualTo(DenseTest.Bits([together[m], together[150 + m]])));
        }
    }

    [Test]
    public void Forward_TiedLogits_ArgMaxIsLowestId()
    {
        using PackedMatrix head = new(50, 1);
        float[] weight = new float[50];
        weight[17] = weight[31] = weight[49] = 2;
        head.Pack(weight);
        float[] logProbs = new float[2], entropies = new float[2];
        int[] argmax = new int[2];
        LanguageHead.Forward(head, new HeadTargets([0, 1], [0, 0], [1f, 1f]), [1f, 0f], logProbs, entropies, argmax);
        Assert.That(argmax, Is.EqualTo(new[] { 17, 0 }));
        Assert.That(entropies[1], Is.EqualTo(Math.Log(50)).Within(1e-6));
        LanguageHead.Forward(head, new HeadTargets([0, 1], [0, 0], [1f, 1f]), [1f, 0f], logProbs, entropies, argmax, entropyTopK: 3);
        Assert.That(entropies, Has.All.EqualTo(Math.Log(3)).Within(1e-6), "three equal ones on top");
    }

    [Test]
    public void Forward_NanHidden_SpoilsItsTargetOnly()
    {
        Case test = new((20, 61, 4));
        float[] clean = test.Forward();
        int row = test.Targets.Rows_M[7];
        test.Hidden[row * 4] = float.NaN;
        float[] spoiled = test.Forward();
        for (int m = 0; m < 20; m++)
            Assert.That(spoiled[m], test.Targets.Rows_M[m] == row ? Is.NaN : Is.EqualTo(clean[m]), $"target {m}");
    }

    [Test]
    public void Forward_OutOfRange_IsRefused()
    {
        using PackedMatrix head = new(5, 2);
        float[] one = new float[1], hidden = new float[4];
        Assert.That(() => LanguageHead.Forward(head, new HeadTargets([2], [0], [1f]), hidden, one, one), Throws.ArgumentException);
        Assert.That(() => LanguageHead.Forward(head, new HeadTargets([-1], [0], [1f]), hidden, one, one), Throws.ArgumentException);
        Assert.That(() => LanguageHead.Forward(head, new HeadTargets([0], [5], [1f]), hidden, one, one), Throws.ArgumentException);
        Assert.That(() => LanguageHead.Forward(head, new HeadTargets([0, 1], [1], [1f]), hidden, one, one), Throws.ArgumentException);
        Assert.That(() => LanguageHead.Forward(head, new HeadTargets([0], [1], [1f]), hidden, one, []), Throws.ArgumentException);
    }

    /// <summary>Targets that share rows and skip others, at several temperatures.</summary>
    private sealed class Case
    {
        private readonly int[] _rows;
        private readonly int[] _tokens;
        private readonly float[] _temperatures;

        public Case((int Targets, int Vocabulary, int Width) size)
        {
            (int targets, int vocabulary, int width) = size;
            int rows = targets + 3;
            Random random = new(targets + vocabulary);
            _rows = [.. Enumerable.Range(0, targets).Select(m => m * 2 / 3)];
            _tokens = [.. Enumerable.Range(0, targets).Select(_ => random.Next(vocabulary))];
            _temperatures = [.. Enumerable.Range(0, targets).Select(m => m % 3 == 0 ? 1f : m % 3 == 1 ? 0.6f : 1.7f)];
            float[] weight = DenseTest.Numbers(vocabulary * width, 1);
            Hidden = DenseTest.Numbers(rows * width, 2);
            (DLogProbs, DEntropies) = (DenseTest.Numbers(targets, 3), DenseTest.Numbers(targets, 4));
            (OldHidden, OldWeight) = (DenseTest.Numbers(rows * width, 5), DenseTest.Numbers(vocabulary * width, 6));
            Head = new PackedMatrix(vocabulary, width);
            Head.Pack(weight);
            WeightDouble = DenseTest.Widen(weight);
        }

        public PackedMatrix Head { get; }

        public float[] Hidden { get; }

        public float[] DLogProbs { get; }

        public float[] DEntropies { get; }

        public float[] OldHidden { get; }

        public float[] OldWeight { get; }

        public double[] WeightDouble { get; }

        public double[] HiddenDouble => DenseTest.Widen(Hidden);

        public HeadTargets Targets => new(_rows, _tokens, _temperatures);

        public float[] Forward()
        {
            float[] result = new float[2 * _rows.Length];
            LanguageHead.Forward(Head, Targets, Hidden, result.AsSpan(0, _rows.Length), result.AsSpan(_rows.Length));
            return result;
        }

        public float[] Backward()
        {
            float[] dHidden = [.. OldHidden], dWeight = [.. OldWeight];
            LanguageHead.Backward(Head, Targets, Hidden, DLogProbs, DEntropies, dHidden, dWeight);
            return [.. dHidden, .. dWeight];
        }
    }
}
