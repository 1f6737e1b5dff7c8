using System.Globalization;
using System.Text.RegularExpressions;
using RlmEngine.Losses;
using RlmEngine.Tokenization;
using RlmEngine.Training;

namespace RlmEngine.Transformer.Tests.Training;

/// <summary>Thoughts made of documents alone: what they say, where they stand, how many windows have them.</summary>
public sealed class RecalledThoughtsTests : RunFixture
{
    private const int Context = 700;
    private const string SpansAlone =
        """stages.mid.tasks=[{"type":"spanRestoration","maxThinkTokens":8,"maxAnswerTokens":8,"maxSpanTokens":4,"reward":{"match":"exact"}}]""";

    [Test]
    public void With_ShareOne_SaysTheLastTokensAndTheNextOneAndLeavesTheDocument()
    {
        using RunContext context = Open(1);
        RecalledThoughts recalled = new(context, context.Recipe.Stages[0], 0);
        SpecialTokens special = context.Tokenizer.Special;
        int thoughts = 0;
        for (int index = 0; index < 20; index++)
        {
            int[] window = Window(seed: index, 300);
            int[] shown = recalled.With(new DocumentWindow(window), step: 3, index).Tokens;
            var plain = new List<int>();
            for (int i = 0; i < shown.Length; i++)
            {
                if (shown[i] != ' ' || Array.IndexOf(shown, special.ThinkOpen!.Value, i) is not (> 0 and var open))
                {
                    plain.Add(shown[i]);
                    continue;
                }

                Match instruction = Regex.Match(context.Tokenizer.Decode(shown.AsSpan(i, open + 1 - i)), @"^ \[(\d{1,2})\]<think>$");
                Assert.That(instruction.Success);
                int close = Array.IndexOf(shown, special.ThinkClose!.Value, open);
                int[] thought = shown[(open + 1)..close];
                Assert.That(thought, Has.Length.EqualTo(Math.Min(7, int.Parse(instruction.Groups[1].Value, CultureInfo.InvariantCulture))));
                Assert.That(plain.TakeLast(thought.Length - 1), Is.EqualTo(thought[..^1]));
                Assert.That(shown[close + 1], Is.EqualTo(thought[^1]));
                i = close;
                thoughts++;
            }

            Assert.That(plain, Is.EqualTo(window));
        }

        Assert.That(thoughts, Is.InRange(100, 360), "at least 16 tokens apart, 48 at most");
    }

    [TestCase(0, 0, 0)]
    [TestCase(0.3, 0.21, 0.39)] // 1,000 windows: six standard deviations are 0.087.
    [TestCase(1, 1, 1)]
    public void With_Share_IsTheShareOfWindowsChanged(double share, double least, double most)
    {
        using RunContext context = Open(share);
        RecalledThoughts recalled = new(context, context.Recipe.Stages[0], 0);
        int[] window = Window(seed: 1, 300);
        int changed = Enumerable.Range(0, 1000).Count(i => recalled.With(new DocumentWindow(window), i / 10, i % 10).Tokens.Length > window.Length);
        Assert.That(changed / 1000.0, Is.InRange(least, most));
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(8)]
    [TestCase(701)]
    public void With_AnyLength_NeverExceedsTheStagesSequences(int length)
    {
        using RunContext context = Open(1);
        RecalledThoughts recalled = new(context, context.Recipe.Stages[0], 0);
        int[] window = Window(seed: 2, length);
        int[] shown = recalled.With(new DocumentWindow(window), 0, 0).Tokens;
        Assert.That(shown, Has.Length.EqualTo(length == 701 ? Context + 1 : length), "a short window has no room for what is recalled");
    }

    [Test]
    public void With_SameStepAndPlace_IsTheSameAndOthersDiffer()
    {
        using RunContext context = Open(1);
        RecalledThoughts first = new(context, context.Recipe.Stages[0], 0), again = new(context, context.Recipe.Stages[0], 0), other = new(context, context.Recipe.Stages[0], 1);
        var window = new DocumentWindow(Window(seed: 4, 300));
        int[] shown = first.With(window, 5, 2).Tokens;
        Assert.That(again.With(window, 5, 2).Tokens, Is.EqualTo(shown));
        Assert.That(first.With(window, 5, 3).Tokens, Is.Not.EqualTo(shown));
        Assert.That(first.With(window, 6, 2).Tokens, Is.Not.EqualTo(shown));
        Assert.That(other.With(window, 5, 2).Tokens, Is.Not.EqualTo(shown));
    }

    [Test]
    public void Constructor_NoNextTokenTask_SaysWhatIsNeeded()
    {
        using RunContext context = TinyRun.Open(TinyRun.Recipe("stages.base.recallShare=0.5", SpansAlone));
        Assert.That(
            () => new RecalledThoughts(context, context.Recipe.Stages[0], 0),
            Throws.TypeOf<InvalidDataException>().With.Message.Contains("recallShare").And.Message.Contains("nextToken"));
    }

    private static RunContext Open(double share) =>
        TinyRun.Open(TinyRun.Recipe($"model.contextLength={Context}", string.Create(CultureInfo.InvariantCulture, $"stages.base.recallShare={share}")));

    // Bytes without a space, which begins an instruction.
    private static int[] Window(int seed, int length)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, length).Select(_ => random.Next('!', 'z'))];
    }
}
