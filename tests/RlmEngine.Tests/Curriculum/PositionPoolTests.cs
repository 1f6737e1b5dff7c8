using RlmEngine.Curriculum;
using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Tests.Curriculum;

[TestFixture]
public class PositionPoolTests
{
    private static PhiloxStream Stream(ulong seed) => new(seed, new PhiloxCounter(RandomPurpose.Task, 0, 0, 0, 0));

    // Ten documents of 13 tokens: 12 positions each, entropies 0 to 11 tenths.
    private static PositionPool Pool(double minEntropy = 0)
    {
        int[][] documents = [.. Enumerable.Range(0, 10).Select(_ => new int[13])];
        float[][] entropies = [.. documents.Select(d => d.Select((_, i) => i == 0 ? float.NaN : (i - 1) / 10f).ToArray())];
        return new PositionPool(documents, entropies, new TierCuts(.6, 1.0), minEntropy);
    }

    // Critical value of chi-square at 1e-6 by Wilson and Hilferty; 4.7534 is the normal's.
    private static double Critical(int freedom) => freedom * Math.Pow(1 - 2.0 / (9 * freedom) + 4.7534 * Math.Sqrt(2.0 / (9 * freedom)), 3);

    private static double ChiSquare(IReadOnlyList<long> counts, IReadOnlyList<double> expected)
        => counts.Zip(expected, (count, e) => (count - e) * (count - e) / e).Sum();

    [TestCase(.5, .4, .1)]
    [TestCase(.1, .3, .6)]
    [TestCase(0, 0, 1)]
    public void Draw_ManyTimes_FollowsTheSharesAndIsUniformInATier(double easy, double medium, double hard)
    {
        // Error rate of each case: 1e-6.
        const int Draws = 120_000;
        PositionPool pool = Pool();
        var shares = new TierShares(easy, medium, hard);
        PhiloxStream random = Stream(42);
        var counts = new SortedDictionary<(Tier, int, int), long>();
        foreach (Tier tier in Enum.GetValues<Tier>())
        {
            for (int i = 0; i < pool.Count(tier) && shares[tier] > 0; i++)
                counts[(tier, pool.At(tier, i).Document, pool.At(tier, i).Position)] = 0;
        }
        for (int i = 0; i < Draws; i++)
        {
            DrawnPosition drawn = pool.Draw(shares, ref random);
            counts[(drawn.Tier, drawn.Document, drawn.Position)]++;
        }
        double[] expected = [.. counts.Keys.Select(cell => Draws * shares[cell.Item1] / pool.Count(cell.Item1))];
        Assert.That(ChiSquare([.. counts.Values], expected), Is.LessThan(Critical(counts.Count - 1)));
    }

    [Test]
    public void Draw_WithoutShares_IsUniformOverAllPositions()
    {
        // Error rate 1e-6.
        const int Draws = 120_000;
        PositionPool pool = Pool();
        PhiloxStream random = Stream(7);
        var counts = new long[pool.PositionCount];
        for (int i = 0; i < Draws; i++)
        {
            DrawnPosition drawn = pool.Draw(ref random);
            counts[drawn.Document * 12 + drawn.Position - 1]++;
        }
        Assert.That(ChiSquare(counts, [.. counts.Select(_ => (double)Draws / counts.Length)]), Is.LessThan(Critical(counts.Length - 1)));
    }

    [Test]
    public void Draw_EmptyTier_ScalesTheOthersUpAndSaysSo()
    {
        // Error rate 1e-6: .4 / .5 of the draws are medium.
        const int Draws = 50_000;
        PositionPool pool = Pool(minEntropy: .6);
        PhiloxStream random = Stream(3);
        long medium = 0;
        for (int i = 0; i < Draws; i++)
        {
            DrawnPosition drawn = pool.Draw(new TierShares(.5, .4, .1), ref random);
            if (!drawn.IsRenormalized || drawn.Tier == Tier.Easy)
                Assert.Fail($"drew {drawn}");
            medium += drawn.Tier == Tier.Medium ? 1 : 0;
        }
        Assert.That(pool.Count(Tier.Easy), Is.Zero);
        Assert.That(ChiSquare([medium, Draws - medium], [.8 * Draws, .2 * Draws]), Is.LessThan(Critical(1)));
    }

    [Test]
    public void Draw_OnlyEmptyTiersHaveShares_DrawsAnyPosition()
    {
        PhiloxStream random = Stream(3);
        DrawnPosition drawn = Pool(minEntropy: .6).Draw(new TierShares(1, 0, 0), ref random);
        Assert.That(drawn.IsRenormalized);
        Assert.That(drawn.Tier, Is.Not.EqualTo(Tier.Easy));
    }

    [Test]
    public void Draw_SameStream_DrawsTheSame()
    {
        PhiloxStream first = Stream(9), second = Stream(9);
        PositionPool pool = Pool();
        for (int i = 0; i < 50; i++)
            Assert.That(pool.Draw(new TierShares(.5, .4, .1), ref first), Is.EqualTo(Pool().Draw(new TierShares(.5, .4, .1), ref second)));
    }

    [Test]
    public void Draw_NothingToDraw_IsRefused()
    {
        var pool = new PositionPool([[1], []], [[5f], []], new TierCuts(.5, 1));
        PhiloxStream random = Stream(1);
        Assert.That(() => pool.Draw(ref random), Throws.InvalidOperationException);
        Assert.That(() => pool.Draw(new TierShares(1, 0, 0), ref random), Throws.InvalidOperationException);
    }

    [Test]
    public void Constructor_FirstPositionNaNAndLowEntropy_AreNotDrawable()
    {
        var pool = new PositionPool([[1, 2, 3, 4, 5]], [[9f, float.NaN, .1f, .2f, .3f]], new TierCuts(.25, .5), .2);
        Assert.Multiple(() =>
        {
            Assert.That(pool.PositionCount, Is.EqualTo(2));
            Assert.That(pool.At(Tier.Easy, 0).Position, Is.EqualTo(3));
            Assert.That(pool.At(Tier.Medium, 0).Position, Is.EqualTo(4));
        });
    }

    [Test]
    public void Statistics_OfTiers_AreCountsMeansAndBounds()
    {
        IReadOnlyList<TierStatistics> statistics = Pool(minEntropy: .6).Statistics();
        Assert.Multiple(() =>
        {
            Assert.That(statistics.Select(tier => tier.Count), Is.EqualTo(new[] { 0, 40, 20 }));
            Assert.That(statistics[0].MeanEntropy, Is.NaN);
            Assert.That(statistics[1].MeanEntropy, Is.EqualTo(.75).Within(1e-7));
            Assert.That(statistics[1].MinEntropy, Is.EqualTo(.6f));
            Assert.That(statistics[2].MaxEntropy, Is.EqualTo(1.1f));
        });
    }

    [Test]
    public void Score_Documents_TakesSoManyAndCutsByQuantile()
    {
        var model = new ContextScorer();
        var options = new CurriculumOptions { Documents = 2, EntropyTopK = 16, Bounds = [.5, .75] };
        int[][] documents = [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10], [11, 12, 13]];
        PositionPool pool = PositionPool.Score(model, documents, options, 10, 100);
        PositionPool heldOut = PositionPool.Score(model, documents, options, 10, 100, new TierCuts(2, 100));
        Assert.Multiple(() =>
        {
            Assert.That(pool.DocumentCount, Is.EqualTo(2));
            Assert.That(pool.Cuts, Is.EqualTo(new TierCuts(3, 4)));
            Assert.That(Enum.GetValues<Tier>().Select(pool.Count), Is.EqualTo(new[] { 4, 2, 2 }));
            Assert.That(Enum.GetValues<Tier>().Select(heldOut.Count), Is.EqualTo(new[] { 2, 6, 0 }));
            Assert.That(model.TopKs, Is.All.EqualTo(16));
        });
    }

    [Test]
    public void File_WrittenAndRead_IsTheSamePool()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "pool.bin");
        var pool = new PositionPool([[1, -2, 3], [], [4, 5]], [[float.NaN, .25f, .75f], [], [1f, 2f]], new TierCuts(.5, double.PositiveInfinity), .125);
        PositionPoolFile.Write(path, pool);
        PositionPool read = PositionPoolFile.Read(path);
        Assert.Multiple(() =>
        {
            Assert.That(Directory.GetFiles(folder.Path), Has.Length.EqualTo(1), "no temporary file stays");
            Assert.That(read.Cuts, Is.EqualTo(pool.Cuts));
            Assert.That(read.MinEntropy, Is.EqualTo(.125));
            Assert.That(Enumerable.Range(0, 3).Select(read.Document), Is.EqualTo(Enumerable.Range(0, 3).Select(pool.Document)));
            Assert.That(read.Entropies(0).ToArray(), Is.EqualTo(pool.Entropies(0).ToArray()));
            Assert.That(read.Statistics(), Is.EqualTo(pool.Statistics()));
        });
    }

    [Test]
    public void File_CutOffOrDamagedAnywhere_IsRefused()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "pool.bin"), bad = Path.Combine(folder.Path, "bad.bin");
        PositionPoolFile.Write(path, new PositionPool([[1, 2, 3]], [[0f, .25f, .75f]], new TierCuts(.5, 1)));
        byte[] bytes = File.ReadAllBytes(path);
        for (int i = 0; i < bytes.Length; i++)
        {
            File.WriteAllBytes(bad, bytes[..i]);
            Assert.That(() => PositionPoolFile.Read(bad), Throws.InstanceOf<InvalidDataException>().With.Message.Contains("bad.bin"), $"cut off at {i}");
            byte[] damaged = [.. bytes];
            damaged[i] ^= 1;
            File.WriteAllBytes(bad, damaged);
            Assert.That(() => PositionPoolFile.Read(bad), Throws.InstanceOf<InvalidDataException>(), $"damaged at {i}");
        }
    }

    private sealed class TemporaryFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("rlm-pool-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
