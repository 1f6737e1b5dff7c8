using System.Text;
using RlmEngine.Kernels.Rollout;
using RlmEngine.Rollouts;
using RlmEngine.Tests.Rewards;
using RlmEngine.Tokenization;

namespace RlmEngine.Tests.Rollouts;

[TestFixture]
public class ThoughtInCharactersTests
{
    private const string Stop = "<|im_end|>";
    private const string OtherStop = "<|endoftext|>";
    private static readonly StopRule s_rule = new(40, 20, EndsAtEndToken: true);

    /// <summary>Reads a completion whose tokens are these texts; a vocabulary without think tokens, and two that stop.</summary>
    private static (Rollout Rollout, string Answer) Read(StopRule rule, params string[] tokens)
    {
        string[] vocabulary = [.. ((string[])[.. tokens, Stop, OtherStop]).Distinct()];
        (int stop, int end) = (Array.IndexOf(vocabulary, Stop), Array.IndexOf(vocabulary, OtherStop));
        ByteTable table = new([.. vocabulary.Select(Encoding.UTF8.GetBytes)])
        {
            Special = new SpecialTokens { Begin = end, End = end, Stops = [stop, end], Pad = end },
        };
        var reader = new CompletionReader(rule, new CompletionTokens(table), 1000);
        for (int i = 0; i < tokens.Length; i++)
        {
            if (reader.Add(new SampledToken(Array.IndexOf(vocabulary, tokens[i]), -1, -1, true)) is not { } finished)
                continue;
            Assert.That(i, Is.EqualTo(tokens.Length - 1), "it ended early");
            return (finished, table.Decode(finished.Answer));
        }
        throw new AssertionException("it did not end");
    }

    private static IEnumerable<string[]> Splits(string text)
    {
        for (int cuts = 0; cuts < 1 << (text.Length - 1); cuts++)
        {
            var parts = new List<string>();
            int start = 0;
            for (int i = 1; i <= text.Length; i++)
            {
                if (i < text.Length && (cuts >> (i - 1) & 1) == 0)
                    continue;
                parts.Add(text[start..i]);
                start = i;
            }
            yield return [.. parts];
        }
    }

    [Test]
    public void Close_SpreadOverTokensInEveryWay_EndsTheThoughtBeforeIt()
    {
        string[][] splits = [.. Splits("</think>")];
        Assert.That(splits, Has.Length.EqualTo(128));
        foreach (string[] tag in splits)
        {
            (Rollout rollout, string answer) = Read(s_rule, ["so", "<", "b", .. tag, " fox", "es", Stop]);
            Assert.That(
                (rollout.Stop, rollout.ThinkLength, rollout.AnswerStart, answer), Is.EqualTo((StopReason.Answered, 3, 3 + tag.Length, " foxes")),
                string.Join('|', tag));
        }
    }

    [Test]
    public void Open_SpreadOverTokensInEveryWay_IsNoTokenOfTheThought()
    {
        foreach (string[] tag in Splits("<think>"))
        {
            // A limit below the mark's own tokens: they are not counted.
            (Rollout rollout, string answer) = Read(s_rule with { AwaitsThinkOpen = true, MaxThinkTokens = 1 }, [.. tag, "so", "</think>", "x", Stop]);
            Assert.That((rollout.Stop, rollout.ThinkLength, answer), Is.EqualTo((StopReason.Answered, 1, "x")), string.Join('|', tag));
        }
    }

    private static TestCaseData Case(string tokens, StopReason stop, int thinkLength, string answer, int separator = 0, bool awaits = false)
        => new(tokens, s_rule with { SeparatorLineFeeds = separator, AwaitsThinkOpen = awaits }, stop, thinkLength, answer);

    private static IEnumerable<TestCaseData> Completions()
    {
        // A token that holds thought and the mark's beginning is a token of the thought.
        yield return Case("a|b</|think|>|x|<|im_end|>", StopReason.Answered, 2, "x");
        yield return Case("a|b</think>|x|<|im_end|>", StopReason.Answered, 2, "x");
        yield return Case("</think>|<|im_end|>", StopReason.Answered, 0, "");
        // What looks like the mark and is not.
        yield return Case("</think|</|think|>|x|<|im_end|>", StopReason.Answered, 1, "x");
        yield return Case("<|<|/think>|x|<|im_end|>", StopReason.Answered, 1, "x");
        yield return Case("</thin|k >|</think>|x|<|endoftext|>", StopReason.Answered, 2, "x");
        yield return Case("<think>|</think>|x|<|im_end|>", StopReason.Answered, 1, "x");
        yield return Case("</THINK>|</think>|x|<|im_end|>", StopReason.Answered, 1, "x");
        // Never finished.
        yield return Case("a|</think|<|im_end|>", StopReason.EndedInThought, 3, "");
        yield return Case("a|</think|<|endoftext|>", StopReason.EndedInThought, 3, "");
        // Text behind the mark in its own token: it does not close; line feeds do not hinder.
        yield return Case("a|</think>x|y|</|think>|z|<|im_end|>", StopReason.Answered, 3, "z");
        yield return Case("a|</|think|>fox|<|im_end|>", StopReason.EndedInThought, 5, "");
        yield return Case("a|</think> |</think>|z|<|im_end|>", StopReason.Answered, 2, "z");
        yield return Case("a|</think></think>|z|<|im_end|>", StopReason.Answered, 2, "z");
        yield return Case("a|</|think|>\n\n|\n|<|im_end|>", StopReason.Answered, 1, "\n");
        // Two line feeds belong to the mark of a chat; more are the answer's.
        yield return Case("a|</think>|\n\n|x|\n|<|im_end|>", StopReason.Answered, 1, "x\n", 2);
        yield return Case("a|</think>|\n|\n|\n|x|<|im_end|>", StopReason.Answered, 1, "\nx", 2);
        yield return Case("a|</think>\n|\n\n|x|<|im_end|>", StopReason.Answered, 1, "\n\nx", 2);
        yield return Case("a|</think>\n|\n|\n|x|<|im_end|>", StopReason.Answered, 1, "\nx", 2);
        yield return Case("a|</think>\n\n\n|\n|<|im_end|>", StopReason.Answered, 1, "\n", 2);
        yield return Case("a|</think>|\n x|<|im_end|>", StopReason.Answered, 1, "\n x", 2);
        yield return Case("a|</think>| |\n|<|im_end|>", StopReason.Answered, 1, " \n", 2);
        yield return Case("a|</think>|\n\n|<|im_end|>", StopReason.Answered, 1, "", 2);
        // The model opens the thought itself, or does not.
        yield return Case("<|think|>\n|a|b|</think>|x|<|im_end|>", StopReason.Answered, 2, "x", awaits: true);
        yield return Case("<think>a|b|</think>|x|<|im_end|>", StopReason.Answered, 2, "x", awaits: true);
        yield return Case("<think>|</think>|x|<|im_end|>", StopReason.Answered, 0, "x", awaits: true);
        yield return Case("a|<think>|</think>|x|<|im_end|>", StopReason.Answered, 2, "x", awaits: true);
        yield return Case("<|thin|g|</think>|x|<|im_end|>", StopReason.Answered, 3, "x", awaits: true);
        yield return Case("<|/think>|x|<|im_end|>", StopReason.Answered, 0, "x", awaits: true);
        yield return Case("<|im_end|>", StopReason.EndedInThought, 1, "", awaits: true);
    }

    [TestCaseSource(nameof(Completions))]
    public void Add_Characters_EndWhenAndWhyTheRuleSays(string tokens, StopRule rule, StopReason stop, int thinkLength, string answer)
    {
        (Rollout rollout, string actual) = Read(rule, [.. Tokens(tokens)]);
        Assert.That((rollout.Stop, rollout.ThinkLength, actual), Is.EqualTo((stop, thinkLength, answer)));
        Assert.That(rollout.IsWellFormed, Is.EqualTo(rollout.AnswerStart >= 0));
    }

    [TestCase(3, "a|b|c|d", 4)]
    [TestCase(3, "a|b|c|<|/|thin|x", 7)]
    [TestCase(1, "a|b", 2)]
    public void Add_ThoughtBeyondItsLimit_IsTooLongOnceItCannotBeTheMark(int limit, string tokens, int thinkLength)
    {
        (Rollout rollout, _) = Read(s_rule with { MaxThinkTokens = limit }, [.. Tokens(tokens)]);
        Assert.That((rollout.Stop, rollout.ThinkLength, rollout.AnswerStart), Is.EqualTo((StopReason.ThoughtTooLong, thinkLength, -1)));
    }

    [TestCase(false, false, 0, 8)]
    [TestCase(false, true, 2, 17)]
    [TestCase(true, false, 0, 1)]
    [TestCase(true, true, 2, 4)]
    public void MarkTokens_OfARule_HoldTheMarksAtTheirLongest(bool areTokens, bool awaits, int separator, int expected)
    {
        SpecialTokens special = new() { Begin = 0, End = 0, Stops = [0], Pad = 0, ThinkOpen = areTokens ? 1 : null, ThinkClose = areTokens ? 2 : null };
        var tokens = new CompletionTokens(new ByteTable([[97], [98], [99]]) { Special = special });
        Assert.That(tokens.MarkTokens(s_rule with { AwaitsThinkOpen = awaits, SeparatorLineFeeds = separator }), Is.EqualTo(expected));
        Assert.That(tokens.MarkTokens(new StopRule(0, 5, true)), Is.Zero);
    }

    [Test]
    public void Add_LeadingThinkToken_IsNoTokenOfTheThoughtOnlyWhereThePromptDidNotOpenIt([Values] bool awaits)
    {
        SpecialTokens special = new() { Begin = 0, End = 0, Stops = [0, 4], Pad = 0, ThinkOpen = 1, ThinkClose = 2 };
        ByteTable table = new([.. new[] { "<e>", "<think>", "</think>", "x", "<eot>" }.Select(Encoding.UTF8.GetBytes)]) { Special = special };
        var reader = new CompletionReader(s_rule with { AwaitsThinkOpen = awaits }, new CompletionTokens(table), 100);
        Rollout? rollout = null;
        foreach (int token in (int[])[1, 3, 1, 2, 3, 4])
            rollout = reader.Add(new SampledToken(token, -1, -1, true));
        Assert.That((rollout!.Stop, rollout.ThinkLength, rollout.Answer.ToArray().Single()), Is.EqualTo((StopReason.Answered, awaits ? 2 : 3, 3)));
    }

    // "<|im_end|>" holds the sign that parts tokens here.
    private static IEnumerable<string> Tokens(string text) => text.Replace(Stop, "\u0001").Replace(OtherStop, "\u0002").Split('|')
        .Select(token => token.Replace("\u0001", Stop).Replace("\u0002", OtherStop));
}
