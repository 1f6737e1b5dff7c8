using RlmEngine.Losses;
using RlmEngine.Tokenization;

namespace RlmEngine.Tests.Losses;

/// <summary>What sequences begin with alike becomes rows once, and each target keeps the tokens before it.</summary>
[TestFixture]
public class SharedPrefixTests
{
    private static readonly int[] s_document = [.. Enumerable.Range(100, 40)];

    [Test]
    public void MicroBatches_CompletionsThatPart_ShareTheirTokensUpToThere()
    {
        TokenBatch batch = Single(new CompletionGroup([1, 2], [Completion(5, 6, 7, 8), Completion(5, 6, 9, 8), Completion(5, 6, 7, 8), Completion(5)]));
        Assert.Multiple(() =>
        {
            Assert.That(batch.Tokens_N, Is.EqualTo(new[] { 1, 2, 5, 6, 7, 9 }));
            Assert.That(batch.Segments_S, Is.EqualTo(new Segment[] { new(0, 4), new(4, 1, 0, 4), new(5, 1, 0, 4) }));
            Assert.That(batch.TargetRows_M, Is.EqualTo(new[] { 1, 2, 3, 4, 1, 2, 3, 5, 1, 2, 3, 4, 1 }));
        });
    }

    [Test]
    public void MicroBatches_PositionsOfADocumentAndTheDocument_ShareItsTokens()
    {
        TrainingItem[] items =
        [
            new CompletionGroup([.. s_document[..30], 7], [Completion(1, 2), Completion(3, 2)]),
            new CompletionGroup([.. s_document[..20], 7], [Completion(1, 2)]),
            new DocumentWindow(s_document, new HashSet<int> { 20, 30 }),
        ];
        MicroBatch batch = TokenBatchBuilder.MicroBatches(items, 1000).Single();
        Assert.That(batch.Tokens.RowCount, Is.EqualTo(39 + (1 + 2) + (1 + 1)));
        Assert.That(Contexts(batch), Is.EquivalentTo(TokenBatchBuilder.Unshared(items, 1000).SelectMany(Contexts)));
    }

    [Test]
    public void MicroBatches_ItemsInAnyOrder_FamiliesStandTogether([Values(1, 2, 3)] int seed)
    {
        List<TrainingItem> items = [];
        for (int d = 0; d < 5; d++)
        {
            int[] document = [.. Enumerable.Range(0, 60).Select(i => (i * (d + 3)) % 50)];
            items.Add(new DocumentWindow(document));
            foreach (int position in (int[])[18, 25, 59])
                items.Add(new CompletionGroup([.. document[..position], 60], [Completion(61, d, 1), Completion(61, 62)]));
        }

        TrainingItem[] shuffled = [.. items];
        new Random(seed).Shuffle(shuffled);
        MicroBatch[] batches = [.. TokenBatchBuilder.MicroBatches(shuffled, 80)];
        Assert.That(batches.Select(batch => batch.Tokens.RowCount), Is.All.EqualTo(59 + (3 * (1 + 2))), "one document each");
        Assert.That(
            batches.SelectMany(Contexts), Is.EquivalentTo(TokenBatchBuilder.Unshared(shuffled, 80).SelectMany(Contexts)));
    }

    [Test]
    public void MicroBatches_HeadOfAllPrompts_MakesNoTreeOfThem()
    {
        int[] head = [.. Enumerable.Range(0, 20)];
        TrainingItem[] items = [.. Enumerable.Range(0, 4).Select(i => new CompletionGroup([.. head, .. Enumerable.Repeat(30 + i, 50)], [Completion(1)]))];
        TokenBatch batch = Single(items);
        Assert.That(batch.Segments_S.Select(segment => segment.Parent), Is.EqualTo(new[] { -1, -1, -1, -1 }));
    }

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    public void MicroBatches_RandomItems_KeepEveryTargetsContextWhateverTheLimit(int seed)
    {
        TrainingItem[] items = RandomItems(new Random(seed));
        string[] expected = [.. TokenBatchBuilder.Unshared(items, 1_000_000).SelectMany(Contexts)];
        int unshared = TokenBatchBuilder.Unshared(items, 1_000_000).Sum(batch => batch.Tokens.RowCount);
        foreach (int limit in (int[])[1, 40, 200, 1_000_000])
        {
            MicroBatch[] batches = [.. TokenBatchBuilder.MicroBatches(items, limit)];
            Assert.That(batches.SelectMany(Contexts), Is.EquivalentTo(expected), $"limit {limit}");
            Assert.That(batches.Sum(batch => batch.Tokens.RowCount), Is.LessThanOrEqualTo(unshared));
            foreach (TokenBatch batch in batches.Select(b => b.Tokens))
                Assert.That(Paths(batch), Is.Unique, "within a tree no row stands twice");
        }
    }

    private static TrainingItem[] RandomItems(Random random)
    {
        List<TrainingItem> items = [];
        for (int d = 0; d < 4; d++)
        {
            int[] document = [.. Enumerable.Range(0, random.Next(1, 70)).Select(_ => random.Next(3))];
            items.Add(new DocumentWindow(document, new HashSet<int> { random.Next(70), random.Next(70) }));
            for (int p = random.Next(4); p > 0; p--)
            {
                int[] prompt = [.. document[..random.Next(document.Length + 1)], 3];
                items.Add(new CompletionGroup(prompt, [.. Enumerable.Range(0, 5).Select(
                    _ => Completion([.. Enumerable.Range(0, random.Next(6)).Select(_ => random.Next(3))]))]));
            }
        }

        return [.. items];
    }

    // Rows with the number of their tree, each as all its tokens.
    private static IEnumerable<string> Paths(TokenBatch batch)
    {
        for (int s = 0; s < batch.Segments_S.Length; s++)
        {
            int root = s;
            while (batch.Segments_S[root].Parent >= 0)
                root = batch.Segments_S[root].Parent;
            Segment segment = batch.Segments_S[s];
            for (int row = segment.Start; row < segment.Start + segment.Length; row++)
                yield return $"{root}: {string.Join(' ', Context(batch, row))}";
        }
    }

    // Each target with its record and all tokens before it.
    private static IEnumerable<string> Contexts(MicroBatch batch) => Enumerable.Range(0, batch.Tokens.TargetCount).Select(m =>
        $"{string.Join(' ', Context(batch.Tokens, batch.Tokens.TargetRows_M[m]))} -> {batch.Tokens.Targets_M[m]} at {batch.Tokens.Temperatures_M[m]}, "
        + $"{batch.Records.Component_M[m]} {batch.Records.Advantage_M[m]} {batch.Records.OldLogProb_M[m]} {batch.Records.Weight_M[m]}");

    private static IEnumerable<int> Context(TokenBatch batch, int row)
    {
        Segment segment = batch.Segments_S.Single(s => s.Start <= row && row < s.Start + s.Length);
        return segment.Parent < 0
            ? batch.Tokens_N[segment.Start..(row + 1)]
            : Sequence(batch, segment.Parent).Take(segment.ParentLength).Concat(batch.Tokens_N[segment.Start..(row + 1)]);
    }

    private static IEnumerable<int> Sequence(TokenBatch batch, int segment) =>
        Context(batch, batch.Segments_S[segment].Start + batch.Segments_S[segment].Length - 1);

    private static TokenBatch Single(params TrainingItem[] items) => TokenBatchBuilder.MicroBatches(items, 1000).Single().Tokens;

    private static TrainingCompletion Completion(params int[] tokens) => new(tokens, [.. tokens.Select(t => -t / 8f)], tokens.Length - 2.5f);
}
