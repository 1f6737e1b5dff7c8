using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Kernels.Tests.Rollout;

[TestFixture]
public sealed class PhiloxTests
{
    private static readonly PhiloxCounter Start = new(RandomPurpose.Task, 3, 5, 7, 11);

    // Random123, tests/kat_vectors, "philox4x32 10".
    private static readonly TestCaseData[] KnownAnswers =
    [
        new TestCaseData(
            new PhiloxBlock(0, 0, 0, 0), 0u, 0u, new PhiloxBlock(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8)),
        new TestCaseData(
            new PhiloxBlock(~0u, ~0u, ~0u, ~0u), ~0u, ~0u, new PhiloxBlock(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd)),
        new TestCaseData(
            new PhiloxBlock(0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344), 0xa4093822, 0x299f31d0u,
            new PhiloxBlock(0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1)),
    ];

    [TestCaseSource(nameof(KnownAnswers))]
    public void Block_KnownAnswer_IsMet(PhiloxBlock counter, uint key0, uint key1, PhiloxBlock expected) =>
        Assert.That(Philox.Block(counter, key0, key1), Is.EqualTo(expected));

    [Test]
    public void Block_NamedCounter_IsTheBlockOfItsWords()
    {
        var words = new PhiloxBlock(11, 5, 3, (4u << 24) | 7);
        Assert.That(Philox.Block(0x0123456789abcdefUL, Start), Is.EqualTo(Philox.Block(words, 0x89abcdef, 0x01234567)));
    }

    [Test]
    public void Block_AnyWordOfTheCounterOrSeedChanges_Differs()
    {
        var blocks = new HashSet<PhiloxBlock>
        {
            Philox.Block(1, Start),
            Philox.Block(2, Start),
            Philox.Block(1UL << 32, Start),
            Philox.Block(1, Start with { Purpose = RandomPurpose.World }),
            Philox.Block(1, Start with { Step = 4 }),
            Philox.Block(1, Start with { Prompt = 4 }),
            Philox.Block(1, Start with { Rollout = 4 }),
            Philox.Block(1, Start with { Position = 4 }),
        };
        Assert.That(blocks, Has.Count.EqualTo(8));
    }

    [Test]
    public void Block_RolloutBeyond24Bits_Throws() =>
        Assert.That(() => Philox.Block(1, Start with { Rollout = 1u << 24 }), Throws.TypeOf<ArgumentOutOfRangeException>());

    [TestCase(0u, 0u)]
    [TestCase(uint.MaxValue, uint.MaxValue)]
    public void Uniform_EndPoints_StayInsideTheOpenInterval(uint high, uint low)
    {
        double u = Philox.Uniform(high, low);
        Assert.That(u, Is.GreaterThan(0).And.LessThan(1));
        Assert.That(Math.Log(u), Is.LessThan(0));
    }

    [Test]
    public void Stream_Words_AreTheBlocksInOrderOfPosition()
    {
        var stream = new PhiloxStream(9, Start);
        for (uint block = 0; block < 3; block++)
        {
            (uint a, uint b, uint c, uint d) = Philox.Block(9, Start with { Position = 11 + block });
            uint[] drawn = [stream.NextUInt(), stream.NextUInt(), stream.NextUInt(), stream.NextUInt()];
            Assert.That(drawn, Is.EqualTo([a, b, c, d]));
        }

        Assert.That(stream.Counter.Position, Is.EqualTo(14));
    }

    [Test]
    public void Stream_AllPositionsUsed_Throws()
    {
        var stream = new PhiloxStream(9, Start with { Position = uint.MaxValue });
        for (int i = 0; i < 4; i++) stream.NextUInt();
        Assert.That(() => stream.NextUInt(), Throws.InvalidOperationException);
    }

    [TestCase(0)]
    [TestCase(-3)]
    public void NextInt_BoundNotPositive_Throws(int bound)
    {
        var stream = new PhiloxStream(9, Start);
        Assert.That(() => stream.NextInt(bound), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [TestCase(1)]
    [TestCase(3)]
    [TestCase(7)]
    [TestCase(100)]
    public void NextInt_ManyDraws_IsUniform(int bound)
    {
        const int draws = 100_000;
        var stream = new PhiloxStream(21, Start);
        long[] counts = new long[bound];
        for (int i = 0; i < draws; i++) counts[stream.NextInt(bound)]++;
        double[] expected = [.. Enumerable.Repeat((double)draws / bound, bound)];
        Assert.That(ChiSquare.Statistic(counts, expected), Is.LessThan(ChiSquare.Critical(bound - 1)));
    }

    [Test]
    public void NextInt_BoundAboveHalfTheRange_IsNotBiased()
    {
        // Without rejection the multiply-shift of 32 bits by 1.5 · 2³⁰ favours one residue of three by a factor of 3/2.
        const int bound = 3 << 29;
        const int draws = 60_000;
        var stream = new PhiloxStream(22, Start);
        long[] counts = new long[3];
        for (int i = 0; i < draws; i++) counts[stream.NextInt(bound) % 3]++;
        Assert.That(ChiSquare.Statistic(counts, [draws / 3.0, draws / 3.0, draws / 3.0]), Is.LessThan(ChiSquare.Critical(2)));
    }

    [Test]
    public void NextDouble_ManyDraws_HasTheMomentsOfTheUniform()
    {
        const int draws = 200_000;
        var stream = new PhiloxStream(23, Start);
        double sum = 0, squares = 0;
        for (int i = 0; i < draws; i++)
        {
            double u = stream.NextDouble() - 0.5;
            sum += u;
            squares += u * u;
        }

        // Five standard errors: variance 1/12, variance of u² 1/180.
        Assert.That(sum / draws, Is.Zero.Within(5 * Math.Sqrt(1.0 / 12 / draws)));
        Assert.That(squares / draws, Is.EqualTo(1.0 / 12).Within(5 * Math.Sqrt(1.0 / 180 / draws)));
    }

    [Test]
    public void NextNormal_ManyDraws_HasTheMomentsOfTheNormal()
    {
        const int draws = 200_000;
        var stream = new PhiloxStream(24, Start);
        double[] moments = new double[5];
        for (int i = 0; i < draws; i++)
        {
            double x = stream.NextNormal();
            for (int power = 1; power <= 4; power++) moments[power] += Math.Pow(x, power) / draws;
        }

        // Five standard errors; the variances of x, x², x³ and x⁴ are 1, 2, 15 and 96.
        Assert.That(moments[1], Is.Zero.Within(5 * Math.Sqrt(1.0 / draws)));
        Assert.That(moments[2], Is.EqualTo(1).Within(5 * Math.Sqrt(2.0 / draws)));
        Assert.That(moments[3], Is.Zero.Within(5 * Math.Sqrt(15.0 / draws)));
        Assert.That(moments[4], Is.EqualTo(3).Within(5 * Math.Sqrt(96.0 / draws)));
    }

    [Test]
    public void Shuffle_ThreeItems_GivesAllSixOrdersAsOften()
    {
        const int draws = 60_000;
        var stream = new PhiloxStream(25, Start);
        var counts = new Dictionary<string, long>();
        for (int i = 0; i < draws; i++)
        {
            char[] items = ['a', 'b', 'c'];
            stream.Shuffle(items.AsSpan());
            string order = new(items);
            counts[order] = counts.GetValueOrDefault(order) + 1;
        }

        Assert.That(counts, Has.Count.EqualTo(6));
        Assert.That(
            ChiSquare.Statistic([.. counts.Values], [.. Enumerable.Repeat(draws / 6.0, 6)]), Is.LessThan(ChiSquare.Critical(5)));
    }

    [TestCase(0)]
    [TestCase(1)]
    public void Shuffle_NothingToPermute_LeavesItems(int length)
    {
        var stream = new PhiloxStream(25, Start);
        int[] items = [.. Enumerable.Range(0, length)];
        stream.Shuffle(items.AsSpan());
        Assert.That(items, Is.EqualTo(Enumerable.Range(0, length)));
    }

    [Test]
    public void Stream_CopiedAndRepeated_GivesTheSameNumbers()
    {
        var stream = new PhiloxStream(26, Start);
        stream.NextNormal();
        PhiloxStream copy = stream;
        for (int i = 0; i < 100; i++) Assert.That(copy.NextNormal(), Is.EqualTo(stream.NextNormal()));
    }
}
