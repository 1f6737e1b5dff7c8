using RlmEngine.Tokenization;

namespace RlmEngine.Tests.Tokenization;

internal sealed class MergeTableTests
{
    [Test]
    public void Apply_RandomPieces_GivesWhatMergingOneByOneGives([Values(1, 2, 3, 4, 5, 6)] int seed)
    {
        var random = new Random(seed);
        List<Merge> merges = RandomMerges(random, letters: 4, count: 60);
        var table = new MergeTable(merges);
        foreach (int length in (int[])[1, 2, 3, 7, 20, 46, 47, 48, 49, 50, 51, 100, 333, 1000])
        {
            for (int trial = 0; trial < 20; trial++)
            {
                int[] symbols = [.. Enumerable.Range(0, length).Select(_ => random.Next(4))];
                int[] expected = OneByOne(symbols, merges);
                int count = table.Apply(symbols);
                Assert.That(symbols[..count], Is.EqualTo(expected));
            }
        }
    }

    [Test]
    public void Apply_PairThatStandsTwice_IsTheLastOne()
    {
        var table = new MergeTable([new Merge(0, 1, 5), new Merge(2, 3, 6), new Merge(0, 1, 7)]);
        int[] symbols = [0, 1];
        Assert.That(symbols[..table.Apply(symbols)], Is.EqualTo((int[])[7]));
    }

    [Test]
    public void Apply_NoMerges_LeavesThePiece([Values(0, 1, 2, 60)] int length)
    {
        int[] symbols = [.. Enumerable.Range(0, length)];
        Assert.That(new MergeTable([]).Apply(symbols), Is.EqualTo(length));
        Assert.That(symbols, Is.EqualTo(Enumerable.Range(0, length)));
    }

    /// <summary>Pairs of earlier tokens in random order: a pair may have a lower rank than those that make its parts.</summary>
    private static List<Merge> RandomMerges(Random random, int letters, int count)
    {
        var merges = new List<Merge>();
        var seen = new HashSet<(int, int)>();
        for (int merged = letters; merged < letters + count; merged++)
        {
            (int, int) pair = (random.Next(merged), random.Next(merged));
            if (seen.Add(pair))
                merges.Add(new Merge(pair.Item1, pair.Item2, merged));
        }

        return [.. merges.OrderBy(_ => random.Next())];
    }

    private static int[] OneByOne(int[] symbols, List<Merge> merges)
    {
        List<int> left = [.. symbols];
        while (true)
        {
            (int rank, int at) = (int.MaxValue, -1);
            for (int i = 0; i + 1 < left.Count; i++)
            {
                int found = merges.FindIndex(merge => merge.Left == left[i] && merge.Right == left[i + 1]);
                if (found >= 0 && found < rank)
                    (rank, at) = (found, i);
            }

            if (at < 0)
                return [.. left];
            left[at] = merges[rank].Merged;
            left.RemoveAt(at + 1);
        }
    }
}
