namespace RlmEngine.Tests.Grading;

/// <summary>Makes hostile answers: mutations of real ones, deep nesting, towers, long chains, Unicode, a megabyte.</summary>
internal sealed class GradingFuzz(int seed, IReadOnlyList<string> answers)
{
    private static readonly string[] s_fragments =
    [
        "\\frac", "{", "}", "^", "_", "(", ")", "[", "]", "\\sqrt", "!", "\\left", "\\right", "|", "\\begin{pmatrix}", "\\end{pmatrix}", "&", "\\\\",
        "\\boxed{", "$", "$$", "\\(", "\\)", "\\[", "\\]", ",", ";", "=", "<", "\\le", "\\cup", "\\infty", "10^{10^{10}}", "%", "\\%", "\\circ", "π", "√", "²",
        "\0", "\ud83d\ude00", "\ud83d", "é", "\\text{", "and", "or", "\\sum_{k=1}^{100000}", "\\binom{99999}{5000}", "9!!", "x", "f(", "\\log_", "\\max",
        "1e9999", "\\pm", "\\bmod", "\\lfloor", "\\rfloor", ":", "0.", ".", "-", "+", "\\overline{", "\\choose", "\\prod_{i=1}^{3000} i^i", "####",
        "the answer is ", "99999999999999999999999999999999", "^{9999999}", "\\begin{vmatrix}1&2\\\\3&4\\end{vmatrix}",
    ];

    private static readonly Func<int, string>[] s_towers =
    [
        n => Nested("{", "1", "}", n), n => Nested("(", "1", ")", n), n => Nested("\\frac{1}{", "2", "}", n), n => Nested("\\sqrt{", "2", "}", n),
        n => Nested("9^", "9", "", n), n => Nested("9^{", "9", "}", n), n => Nested("x", "", "", n), n => Nested("1+", "1", "", n), n => Nested("2*", "2", "", n),
        n => Nested("|", "", "", n), n => Nested("9", "", "!", n), n => Nested("1,", "2", "", n), n => Nested("f(", "x", ")", n), n => Nested("\\left[", "", "", n),
        n => "\\begin{pmatrix}" + Nested("1&", "", "2\\\\", n) + "\\end{pmatrix}", n => Nested("\\begin{pmatrix}1&x\\\\y&2\\end{pmatrix}", "", "", n),
        n => Nested("\\{", "1,2", "\\}", n), n => Nested("-", "1", "", n), n => Nested("\\pm ", "1", "", n), n => Nested("1<", "x", "", n), n => Nested("x=", "1", "", n),
        n => Nested("(1,2)\\cup", "(3,4)", "", n), n => Nested("\\$", "5", "", n), n => Nested("\\boxed{", "5", "", n), n => Nested("\\( ", "5", "", n),
        n => Nested("answer: ", "", "", n), n => Nested("answer to a ", "", "", n), n => Nested("1 ", "", "", n), n => Nested("1.", "", "", n), n => Nested("\\sin ", "x", "", n),
        n => Nested("\\sum_{k=1}^{9} ", "k", "", n), n => Nested("1/", "2", "", n), n => Nested("a_{", "1", "}", n), n => Nested("\\text{", "a", "}", n),
    ];

    private readonly Random _random = new(seed);

    /// <summary>One of the real answers.</summary>
    public string Real() => answers[_random.Next(answers.Count)];

    /// <summary>A hostile string.</summary>
    public string Next()
    {
        string text = _random.Next(8) == 0 ? s_towers[_random.Next(s_towers.Length)](Length()) : Mutated(Real());
        if (_random.Next(4000) == 0)
            text = string.Concat(Enumerable.Repeat(text + " ", (1 << 20) / (text.Length + 1)));
        return text;
    }

    private int Length() => new[] { 1, 3, 10, 50, 200, 1000, 5000 }[_random.Next(7)];

    private string Mutated(string text)
    {
        for (int i = 1 + _random.Next(6); i > 0; i--)
        {
            int at = _random.Next(text.Length + 1);
            int end = Math.Min(text.Length, at + 1 + _random.Next(8));
            text = _random.Next(5) switch
            {
                0 or 1 => text.Insert(at, s_fragments[_random.Next(s_fragments.Length)]),
                2 => text.Remove(at, end - at),
                3 => text.Insert(at, Real()),
                _ => text.Insert(end, string.Concat(Enumerable.Repeat(text[at..end], _random.Next(5)))),
            };
        }

        return text;
    }

    private static string Nested(string open, string core, string close, int count) =>
        string.Concat(Enumerable.Repeat(open, count)) + core + string.Concat(Enumerable.Repeat(close, count));
}
