using System.Text;
using RlmEngine.Tokenization;

namespace RlmEngine.Tests.Tokenization;

/// <summary>Cases of huggingface/tokenizers' own tests of its added vocabulary, and of its rules at their edges.</summary>
internal sealed class AddedTokenMatcherTests
{
    private static readonly AddedToken s_plain = new(0, IsSpecial: false);

    [TestCase("<mask> My name <mask> A<mask> <mask>ony <mask>", "[<mask>] My name [<mask>] A<mask> <mask>ony [<mask>]")]
    [TestCase("<mask>, <mask>- ◌̰<mask>", "[<mask>], [<mask>]- ◌̰<mask>")]
    [TestCase("_<mask> 5<mask> ﷺ<mask> ①<mask> Ⓐ<mask>\u200D", "_<mask> 5<mask> ﷺ<mask> ①[<mask>] Ⓐ<mask>\u200D")]
    public void TryFind_SingleWord_IsFoundWhereNoWordCharacterIsBesideIt(string text, string expected) =>
        Assert.That(Marked(text, (s_plain with { IsSingleWord = true }, "<mask>")), Is.EqualTo(expected));

    [TestCase("a  <m>  b", false, false, "a  [<m>]  b")]
    [TestCase("a  <m>  b", true, false, "a[  <m>]  b")]
    [TestCase("a  <m>  b", false, true, "a  [<m>  ]b")]
    [TestCase("a \t\u3000<m>\n b", true, true, "a[ \t\u3000<m>\n ]b")]
    [TestCase(" <m> <m> ", true, true, "[ <m> ][<m> ]")]
    [TestCase(" <m> <m> ", true, false, "[ <m>][ <m>] ")]
    public void TryFind_Strips_TakeTheWhiteSpaceThatIsNotTaken(string text, bool left, bool right, string expected) =>
        Assert.That(Marked(text, (s_plain with { StripsLeft = left, StripsRight = right }, "<m>")), Is.EqualTo(expected));

    [TestCase("abcd", "[abc]d")]
    [TestCase("abd", "[ab]d")]
    [TestCase("bcd", "[bcd]")]
    [TestCase("aabcd", "a[abc]d")]
    [TestCase("abab", "[ab][ab]")]
    [TestCase("ab", "[ab]")]
    [TestCase("a", "a")]
    public void TryFind_SeveralTokens_AreTheLeftmostAndOfThoseTheLongest(string text, string expected) =>
        Assert.That(Marked(text, (s_plain, "ab"), (s_plain, "abc"), (s_plain, "bcd")), Is.EqualTo(expected));

    [Test]
    public void TryFind_RejectedSingleWord_StillUsesUpItsPlace() =>
        Assert.That(Marked("xabcd", (s_plain with { IsSingleWord = true }, "ab"), (s_plain, "bc")), Is.EqualTo("xabcd"));

    [Test]
    public void TryFind_AnyBytes_FindsTokensBetweenThem()
    {
        var matcher = new AddedTokenMatcher([(s_plain with { StripsLeft = true, IsSingleWord = true }, "<m>"u8.ToArray())]);
        byte[] text = [0xFF, (byte)'<', (byte)'m', (byte)'>', 0xC3];
        int from = 0;
        Assert.That(matcher.TryFind(text, ref from, 0, out AddedTokenMatch match), Is.True);
        Assert.That((match.Start, match.Stop), Is.EqualTo((1, 4)));
    }

    private static string Marked(string text, params (AddedToken Token, string Pattern)[] tokens)
    {
        var matcher = new AddedTokenMatcher(tokens.Select(token => (token.Token, Encoding.UTF8.GetBytes(token.Pattern))));
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        var result = new StringBuilder();
        int from = 0, taken = 0;
        while (matcher.TryFind(utf8, ref from, taken, out AddedTokenMatch match))
        {
            result.Append(Encoding.UTF8.GetString(utf8[taken..match.Start])).Append('[').Append(Encoding.UTF8.GetString(utf8[match.Start..match.Stop])).Append(']');
            taken = match.Stop;
        }

        return result.Append(Encoding.UTF8.GetString(utf8[taken..])).ToString();
    }
}
