using RlmEngine.Curriculum;

namespace RlmEngine.Tests.Curriculum;

[TestFixture]
public class DocumentScorerTests
{
    private static int[] Document(int length) => [.. Enumerable.Range(100, length)];

    [Test]
    public void Score_ShortDocument_IsOneWindow()
    {
        DocumentScores scores = new DocumentScorer(new ContextScorer(), 8, 100).Score([Document(4)])[0];
        Assert.Multiple(() =>
        {
            Assert.That(scores.LogProbs_L, Is.EqualTo(new[] { float.NaN, -101, -102, -103 }));
            Assert.That(scores.Entropies_L, Is.EqualTo(new[] { float.NaN, 1, 2, 3 }));
            Assert.That(scores.Argmax_L, Is.EqualTo(new[] { -1, 100, 101, 102 }));
        });
    }

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    [TestCase(8)]
    [TestCase(9)]
    public void Score_LongDocument_ScoresEachTokenOnceWithHalfAWindowBefore(int window)
    {
        for (int length = 0; length < 40; length++)
        {
            DocumentScores scores = new DocumentScorer(new ContextScorer(), window, 1).Score([Document(length)])[0];
            for (int position = 1; position < length; position++)
            {
                Assert.That(scores.LogProbs_L[position], Is.EqualTo(-100f - position));
                Assert.That(scores.Argmax_L[position], Is.EqualTo(99 + position));
                float context = scores.Entropies_L[position];
                Assert.That(context, Is.EqualTo(position).Or.InRange(Math.Max(1, window / 2), window), $"{position} of {length}");
                Assert.That(context, Is.LessThanOrEqualTo(Math.Min(window, position)));
            }
        }
    }

    [TestCase(1)]
    [TestCase(7)]
    [TestCase(16)]
    [TestCase(1000)]
    public void Score_AnyBatchSize_GivesTheSame(int maxRows)
    {
        int[][] documents = [Document(5), [], Document(1), Document(30), Document(2), Document(17)];
        var model = new ContextScorer();
        IReadOnlyList<DocumentScores> expected = new DocumentScorer(new ContextScorer(), 6, 50).Score(documents);
        IReadOnlyList<DocumentScores> scores = new DocumentScorer(model, 6, maxRows).Score(documents);
        Assert.Multiple(() =>
        {
            Assert.That(scores.Select(s => s.Entropies_L), Is.EqualTo(expected.Select(s => s.Entropies_L)));
            Assert.That(scores.Select(s => s.LogProbs_L), Is.EqualTo(expected.Select(s => s.LogProbs_L)));
            Assert.That(model.BatchRows, Is.All.LessThanOrEqualTo(Math.Max(6, maxRows)));
        });
    }

    [Test]
    public void Score_NoDocuments_AsksNothing()
    {
        var model = new ContextScorer();
        Assert.That(new DocumentScorer(model, 4, 4).Score([[], [1]]), Has.Count.EqualTo(2));
        Assert.That(model.BatchRows, Is.Empty);
    }
}
