using RlmEngine.Losses;
using RlmEngine.Rollouts;
using RlmEngine.Training;

namespace RlmEngine.Tests.Training;

[TestFixture]
public class MaskedDocumentsTests
{
    private const int End = 999;

    private static readonly (int Position, int Span)[][] s_masks =
    [
        [(1, 1)],
        [(3, 1), (10, 1), (10, 1), (15, 1), (16, 1), (30, 4)],
        [(1, 49)],
        [(48, 2)],
        [(14, 4)],
    ];

    [Test]
    public void Of_OneDocument_PredictsEveryPositionOfWindowsThatHoldADrawnOneButThoseDrawn(
        [Values(2, 3, 16, 50, 51, 1000)] int length, [ValueSource(nameof(s_masks))] (int Position, int Span)[] masks)
    {
        int[] document = [.. Enumerable.Range(0, 50)];
        List<DocumentWindow> windows = MaskedDocuments.Of([.. masks.Select(mask => Prompt(document, mask.Position, mask.Span))], End, length);
        int[] predicted = [.. windows.SelectMany(w => Enumerable.Range(0, w.Tokens.Length).Where(w.IsTarget).Select(p => w.Tokens[p]))];
        HashSet<int> drawn = [.. masks.SelectMany(mask => Enumerable.Range(mask.Position, mask.Span))];

        // Each window predicts length - 1 positions; the end token stands at position 50.
        HashSet<int> taken = [.. drawn.Select(position => (position - 1) / (length - 1))];
        IEnumerable<int> expected = Enumerable.Range(1, 50).Where(position => taken.Contains((position - 1) / (length - 1)) && !drawn.Contains(position));
        Assert.That(predicted, Is.EqualTo(expected.Select(position => position == 50 ? End : position)), "tokens equal positions here");
        Assert.That(windows, Has.Count.EqualTo(taken.Count));
        Assert.That(windows.Select(w => w.Tokens.Length), Is.All.LessThanOrEqualTo(length));
        Assert.That(ObjectiveTotals.Of(windows).NtpTokens, Is.EqualTo(predicted.Length));
    }

    [Test]
    public void Of_SeveralDocuments_TakesEachOnceInTheOrderTheyFirstCome()
    {
        int[] first = [0, 1, 2, 4], second = [0, 1, 2, 3], third = [7, 8];
        List<DocumentWindow> windows = MaskedDocuments.Of(
            [Prompt(second, 1), Prompt(first, 2), Prompt(second, 3), new Prompt { Tokens = [1], Reference = [1], Stop = default }, Prompt(third, 1)], End, 100);
        Assert.That(windows.Select(w => w.Tokens), Is.EqualTo(new int[][] { [0, 1, 2, 3, End], [0, 1, 2, 4, End], [7, 8, End] }));
        Assert.That(windows.Select(w => w.Masked!.Order()), Is.EqualTo(new int[][] { [1, 3], [2], [1] }));
    }

    [TestCase(3)]
    [TestCase(100)]
    public void Of_TwoTasksWithTheSameTokens_PredictNoneThatEitherDrew(int length)
    {
        int[] document = [0, 1, 2, 3, 4, 5, 6];
        List<DocumentWindow> windows = MaskedDocuments.Of([Prompt(document, 2), Prompt([.. document], 3, 2) with { Task = 1 }], End, length);
        Assert.That(
            windows.SelectMany(w => Enumerable.Range(0, w.Tokens.Length).Where(w.IsTarget).Select(p => w.Tokens[p])),
            Is.EqualTo(length == 3 ? [1] : new[] { 1, 5, 6, End }));
    }

    [Test]
    public void Of_LongDocument_IsNotTrainedWholeForOnePosition()
    {
        int[] document = [.. Enumerable.Range(0, 65_536)];
        List<DocumentWindow> windows = MaskedDocuments.Of([Prompt(document, 40_000)], End, 256);
        Assert.That(windows, Has.Count.EqualTo(1));
        Assert.That(windows[0].Tokens, Does.Contain(40_000).And.Length.EqualTo(256));
        Assert.That(windows[0].TargetCount, Is.EqualTo(254));
    }

    [TestCase(3)]
    [TestCase(100)]
    public void Of_WindowCutBeforeTheEnd_PredictsNoEndToken(int length)
    {
        Prompt cut = Prompt([0, 1, 2, 3, 4, 5], 2) with { EndsDocument = false };
        List<DocumentWindow> windows = MaskedDocuments.Of([cut], End, length);
        Assert.That(
            windows.SelectMany(w => Enumerable.Range(0, w.Tokens.Length).Where(w.IsTarget).Select(p => w.Tokens[p])),
            Is.EqualTo(length == 3 ? [1] : new[] { 1, 3, 4, 5 }));
    }

    [Test]
    public void Of_NoPrompts_IsEmpty() => Assert.That(MaskedDocuments.Of([], End, 10), Is.Empty);

    private static Prompt Prompt(int[] source, int position, int span = 1) =>
        new() { Tokens = [1], Reference = [1], Source = source, Position = position, Span = span, Stop = default };
}
