using RlmEngine.Losses;

namespace RlmEngine.Tests.Losses;

/// <summary>Every surrogate, aggregation, KL estimator and entropy weight against finite differences of the loss in double.</summary>
[TestFixture]
public class GradientTests
{
    // Log-probs are multiples of 2^-10, so that steps of 2^-9 are exact in single precision; the fourth-order formula then leaves only
    // the single-precision rounding of the derivative itself.
    private const float Step = 1f / 512;

    private static readonly int[] _lengths = [1, 5, 3, 4];

    private static IEnumerable<TestCaseData> Combinations() =>
        from surrogate in Enum.GetValues<Surrogate>()
        from aggregation in Enum.GetValues<Aggregation>()
        from kl in (KlEstimator?[])[null, KlEstimator.K1, KlEstimator.K2, KlEstimator.K3]
        from entropy in (double[])[0, .01]
        select new TestCaseData(surrogate, aggregation, kl, entropy);

    [TestCaseSource(nameof(Combinations))]
    public void Evaluate_AnyCombination_GivesItsExactDerivatives(
        Surrogate surrogate, Aggregation aggregation, KlEstimator? kl, double entropyWeight)
    {
        var options = new ObjectiveOptions
        {
            Surrogate = surrogate,
            Aggregation = aggregation,
            FixedLength = 6,
            ClipHigh = .28,
            DualClip = surrogate == Surrogate.Clip ? 1.5 : 0,
            Kl = kl ?? KlEstimator.K3,
            KlWeight = kl is null ? 0 : .3,
            EntropyWeight = entropyWeight,
        };
        LossCase loss = Draw(new Random(17), options);
        loss.Evaluate(options);
        float[] dLogProbs_M = loss.DLogProbs_M, dEntropies_M = loss.DEntropies_M;
        for (int i = 0; i < dLogProbs_M.Length; i++)
        {
            // CISPO holds its coefficient still: moving the old log-prob along keeps the ratio, which is the same thing.
            bool movesOld = surrogate == Surrogate.Cispo;
            double byLogProb = Difference(h => Shift(loss.LogProbs_M, i, h, () =>
                movesOld ? Shift(loss.Records.OldLogProb_M, i, h, () => loss.Evaluate(options).Loss) : loss.Evaluate(options).Loss));
            double byEntropy = Difference(h => Shift(loss.Entropies_M, i, h, () => loss.Evaluate(options).Loss));
            Assert.That(dLogProbs_M[i], Is.EqualTo(byLogProb).Within(2e-7), $"d loss / d logp of target {i}");
            Assert.That(dEntropies_M[i], Is.EqualTo(byEntropy).Within(1e-8), $"d loss / d H of target {i}");
        }
    }

    [Test]
    public void Draw_TheCase_ReachesEveryBranch()
    {
        var options = new ObjectiveOptions { ClipHigh = .28, DualClip = 1.5 };
        LossCase loss = Draw(new Random(17), options);
        LossReport report = loss.Evaluate(options);
        int held = loss.DLogProbs_M.Where((d, i) => loss.Records.Weight_M[i] != 0 && d == 0).Count();
        Assert.Multiple(() =>
        {
            Assert.That(report.ClippedLow, Is.Positive);
            Assert.That(report.ClippedHigh, Is.Positive);
            Assert.That(held, Is.GreaterThan(report.ClippedLow + report.ClippedHigh), "the dual clip holds some");
            Assert.That(loss.Records.Weight_M, Has.Some.Zero);
        });
    }

    private static LossCase Draw(Random random, ObjectiveOptions options)
    {
        float[] advantages = [.75f, -1.25f, 1.5f, -.5f];
        float[][] Rows(Func<int, int, float> value) => [.. _lengths.Select((n, s) => Enumerable.Range(0, n).Select(t => value(s, t)).ToArray())];
        float[][] logProbs = Rows((_, _) => Grid(-3 + 2.5 * random.NextDouble()));
        float[][] old = Rows((s, t) => Old(random, logProbs[s][t], options));
        float[][] reference = Rows((s, t) => Grid(logProbs[s][t] + .8 * (random.NextDouble() - .5)));
        // GSPO's routing is the exact derivative only where a sequence's weights are alike.
        float[][] weights = Rows((_, t) => t == 2 ? 0f : options.Surrogate == Surrogate.SequenceClip ? 1f : .5f + (t % 3) * .5f);
        LossCase loss = LossCase.Of(logProbs, old, advantages, weights, reference);
        return new LossCase
        {
            LogProbs_M = loss.LogProbs_M,
            Records = loss.Records,
            Entropies_M = [.. loss.LogProbs_M.Select(_ => Grid(2 * random.NextDouble()))],
        };
    }

    // Keeps every ratio away from the kinks at 1 − ε, 1 + ε and the dual clip, where no derivative exists.
    private static float Old(Random random, float logProb, ObjectiveOptions options)
    {
        while (true)
        {
            float old = Grid(logProb + 1.4 * (random.NextDouble() - .5));
            double ratio = Math.Exp(logProb - old);
            if (((double[])[1 - options.ClipLow, 1 + options.ClipHigh, 1.5]).All(kink => Math.Abs(ratio - kink) > .02))
                return old;
        }
    }

    private static float Grid(double value) => (float)(Math.Round(value * 1024) / 1024);

    private static double Difference(Func<float, double> f) => (8 * (f(Step) - f(-Step)) - (f(2 * Step) - f(-2 * Step))) / (12 * Step);

    private static double Shift(float[] values, int i, float by, Func<double> evaluate)
    {
        float kept = values[i];
        values[i] = kept + by;
        double result = evaluate();
        values[i] = kept;
        return result;
    }
}
