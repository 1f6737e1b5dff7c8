using RlmEngine.Kernels.Dense;
using RlmEngine.Kernels.Tracing;

namespace RlmEngine.Kernels.Tests.Dense;

/// <summary>Attention's bits are those of its defining order, whatever is walked together.</summary>
[NonParallelizable]
public class AttentionBitsTests
{
    /// <summary>Heads, key heads, head size, and how peaked: at 1e3 most exponentials are 0 or subnormal.</summary>
    private static IEnumerable<TestCaseData> Cases()
    {
        int[] sizes = [1, 2, 15, 16, 17, 24, 32, 33, 48, 64, 80, 100, 128];
        var random = new Random(11);
        for (int i = 0; i < 26; i++)
        {
            int keyHeads = random.Next(1, 4), group = new[] { 1, 2, 3, 4, 5, 13 }[random.Next(6)];
            AttentionShape shape = new(keyHeads * group, keyHeads, sizes[i % sizes.Length]);
            yield return new TestCaseData(shape, i, new[] { 1f, 30f, 1e3f }[i % 3]).SetArgDisplayNames($"{shape} {i}");
        }
    }

    [TestCaseSource(nameof(Cases))]
    public void Forward_RandomTrees_HasTheBitsOfItsOrder(AttentionShape shape, int seed, float peak)
    {
        AttentionCase test = Random(shape, seed, peak);
        int[] expected = DenseTest.Bits(new AttentionOrder(test).Forward());
        Assert.That(DenseTest.Bits(DenseTest.SameBitsEverywhere(() => test.Forward())), Is.EqualTo(expected));
    }

    [TestCaseSource(nameof(Cases))]
    public void Backward_RandomTrees_HasTheBitsOfItsOrder(AttentionShape shape, int seed, float peak)
    {
        AttentionCase test = Random(shape, seed, peak);
        float[] dOutput = DenseTest.Numbers(test.Queries.Length, 4);
        int[] expected = DenseTest.Bits(new AttentionOrder(test).Backward(dOutput));
        Assert.That(DenseTest.Bits(DenseTest.SameBitsEverywhere(() => test.Backward(dOutput))), Is.EqualTo(expected));
    }

    [Test]
    public void Forward_ManyRows_HasTheBitsOfItsOrder([Values(505, 511, 512, 530)] int length)
    {
        AttentionShape shape = new(4, 2, 8);
        AttentionCase test = new(shape, (length, -1, 0));
        Assert.That(DenseTest.Bits(test.Forward()), Is.EqualTo(DenseTest.Bits(new AttentionOrder(test).Forward())));
    }

    [Test]
    public void Work_DecodedRowsThatSharePages_CountsTheirKeysOnce()
    {
        AttentionCase test = new(new AttentionShape(2, 1, 8), (80, -1, 0), (1, 0, 80), (1, 0, 70), (1, 0, 33));
        KernelShape work = test.Batch.Work;
        Assert.That(work.Keys, Is.EqualTo(80 + 81 + (71 - 64) + (34 - 32)));
        Assert.That(work.Pairs, Is.EqualTo((80 * 81 / 2) + 81 + 71 + 34));
    }

    /// <summary>Rows that are decoded side by side: some share most of their pages with the row before, some a few, some none.</summary>
    [TestCaseSource(nameof(Cases))]
    public void Forward_DecodedRows_HasTheBitsOfItsOrder(AttentionShape shape, int seed, float peak)
    {
        var random = new Random(200 + seed);
        List<(int, int, int)> segments = [(random.Next(60, 330), -1, 0), (random.Next(1, 90), -1, 0)];
        for (int row = random.Next(1, 20); row > 0; row--)
        {
            // Rows stand behind a prefix, or, parted from it earlier, behind a continuation with pages of its own.
            int parent = random.Next(4) == 0 ? random.Next(segments.Count) : row % 7 == 0 ? 1 : 0;
            (int length, _, int past) = segments[parent];
            segments.Add((1, parent, random.Next(3) == 0 ? random.Next(1, past + length + 1) : past + length));
        }

        AttentionCase test = new(shape, [.. segments]);
        for (int i = 0; i < test.Queries.Length; i++)
            test.Queries[i] *= peak;
        float[] statistics = new float[test.Rows * shape.Heads * 2];
        int[] expected = DenseTest.Bits(new AttentionOrder(test).Forward());
        Assert.That(DenseTest.Bits(DenseTest.SameBitsEverywhere(() => test.Forward(statistics))), Is.EqualTo(expected));
    }

    private static AttentionCase Random(AttentionShape shape, int seed, float peak)
    {
        var random = new Random(100 + seed);
        List<(int, int, int)> segments = [];
        for (int tree = 0; tree < 3; tree++)
        {
            int root = segments.Count;
            segments.Add((random.Next(1, 70), -1, 0));
            for (int child = random.Next(6); child > 0; child--)
            {
                int parent = random.Next(root, segments.Count);
                (int length, _, int past) = segments[parent];
                segments.Add((random.Next(1, 30), parent, random.Next(1, past + length + 1)));
            }
        }

        AttentionCase test = new(shape, [.. segments]);
        for (int i = 0; i < test.Queries.Length; i++)
            test.Queries[i] *= peak;
        return test;
    }
}
