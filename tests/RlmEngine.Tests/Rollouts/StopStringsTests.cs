using System.Text;
using RlmEngine.Rollouts;

namespace RlmEngine.Tests.Rollouts;

/// <summary>A text ends at the first of its stop strings, however its bytes come in tokens.</summary>
[TestFixture]
public class StopStringsTests
{
    [TestCase("abcdef", "cd", "ab")]
    [TestCase("abcdef", "x", "abcdef")]
    [TestCase("abcdef", "", "abcdef")]
    [TestCase("abcdef", "ef|b", "a")]
    [TestCase("abcdef", "b|ef", "a")]
    [TestCase("abcabc", "abc", "")]
    [TestCase("", "a", "")]
    [TestCase("grün\n\nblau", "\n\n", "grün")]
    [TestCase("QUESTION: Question:", "Question:", "QUESTION: ")]
    [TestCase("e\u0301", "e", "")]
    public void Cut_Text_EndsBeforeTheFirst(string text, string stops, string expected) =>
        Assert.That(new StopStrings(stops.Split('|')).Cut(text), Is.EqualTo(expected));

    // The first end is where a stop string is whole, at the latest of its bytes.
    [TestCase("one\n\ntwo", "\n\n", 5)]
    [TestCase("aaab", "aab", 4)]
    [TestCase("abababc", "abac|babc", 7)]
    [TestCase("aé", "é", 3)]
    [TestCase("\ndef f", "\nclass|\ndef", 4)]
    [TestCase("nothing", "never", -1)]
    public void EndedBy_AnyCutIntoTokens_AtTheSameByte(string text, string stops, int expected)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        var until = new StopStrings(stops.Split('|'));
        for (int cuts = 0; cuts < 1 << (bytes.Length - 1); cuts++)
        {
            List<byte> tail = [];
            int start = 0, ended = -1;
            for (int end = 1; end <= bytes.Length && ended < 0; end++)
            {
                if (end < bytes.Length && (cuts >> (end - 1) & 1) == 0)
                    continue;
                if (until.EndedBy(tail, bytes.AsSpan(start..end)))
                    ended = end;
                start = end;
            }

            // The token that completes it may hold more.
            int token = expected < 0 ? -1 : Enumerable.Range(expected, bytes.Length - expected + 1).First(end => end == bytes.Length || (cuts >> (end - 1) & 1) == 1);
            Assert.That(ended, Is.EqualTo(token), Convert.ToString(cuts, 2));
            Assert.That(ended >= 0 || tail.Count < until.Longest, "no more is kept than a stop string needs");
        }
    }

    [Test]
    public void EndedBy_NoStrings_Never()
    {
        var until = new StopStrings(["", ""]);
        List<byte> tail = [];
        Assert.That(until.EndedBy(tail, "any"u8), Is.False);
        Assert.That((until.Strings.Count, until.Longest, until.Cut("any")), Is.EqualTo((0, 0, "any")));
    }
}
