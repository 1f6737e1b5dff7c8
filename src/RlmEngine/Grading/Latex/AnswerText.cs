using System.Text.RegularExpressions;
using RlmEngine.Grading.Comparison;
using RlmEngine.Grading.Expressions;

namespace RlmEngine.Grading.Latex;

/// <summary>An answer's text with the ways in which it can be read.</summary>
/// <param name="Text">The text.</param>
/// <param name="Readings">Trees, by how commas between digits are read; none when it is no mathematics.</param>
internal sealed partial record AnswerText(string Text, IReadOnlyList<(MathNode Node, CommaReading Commas)> Readings)
{
    /// <summary>The text without its looks, see <see cref="TextForm"/>.</summary>
    public string Form { get; } = TextForm.Of(Text);

    /// <summary>The word before the first comma or full stop, in capitals: a yes or no is often followed by why.</summary>
    public string FirstWord => Text.AsSpan().IndexOfAny(',', '.') is > 0 and < 20 and var end ? TextForm.Of(Text[..end]) : "";

    /// <summary>Longer answers are compared as texts.</summary>
    private const int MaxLength = 6000;

    /// <summary>Reads a text.</summary>
    public static AnswerText Read(string text, StepBudget budget)
    {
        List<(MathNode, CommaReading)> readings = [];
        if (text.Length <= MaxLength)
        {
            string clean = AnswerWords.InSigns(LatexCleaning.Clean(text)).TrimEnd('\\', ' ', '.', ',', ';', '\n');
            // Published answers lose their last braces.
            int missing = clean.AsSpan().Count('{') - clean.AsSpan().Count('}');
            if (missing is > 0 and < 4)
                clean += new string('}', missing);
            var shape = new AnswerShape(budget);
            foreach (CommaReading commas in Commas(clean))
            {
                if ((MathParser.Parse(clean, commas, budget) ?? LastSide(clean, commas, budget)) is not { } tree || shape.Of(tree) is not { } node)
                    continue;
                readings.Add((node, commas));
                if (node.Any(IsBareLogarithm))
                    readings.Add((Decimal(node), commas));
            }
        }

        return new AnswerText(text, readings);
    }

    /// <summary>What stands after the last "=" of a text whose other sides are beyond the parser.</summary>
    private static MathNode? LastSide(string text, CommaReading commas, StepBudget budget)
    {
        int at = text.LastIndexOf('=');
        bool isEquation = at > 0 && at + 1 < text.Length && text[at - 1] is not ('<' or '>' or '!') && text.AsSpan().IndexOfAny(',', ';') < 0;
        return isEquation && Balanced(text.AsSpan(at)) ? MathParser.Parse(text[(at + 1)..], commas, budget) : null;
    }

    private static bool Balanced(ReadOnlySpan<char> text) => text.Count('{') == text.Count('}') && text.Count('(') == text.Count(')');

    private static bool IsBareLogarithm(MathNode node) => node is { Kind: NodeKind.Call, Name: "log" };

    /// <summary>A logarithm without a base is the natural one, or that of base ten.</summary>
    private static MathNode Decimal(MathNode node)
    {
        MathNode inner = node.Items.Count == 0 ? node : node.With([.. node.Items.Select(Decimal)]);
        return IsBareLogarithm(inner) ? MathNode.Quotient(MathNode.Call("ln", inner.First), MathNode.Call("ln", MathNode.Integer(10))) : inner;
    }

    private static IEnumerable<CommaReading> Commas(string text)
    {
        if (Grouped().IsMatch(text))
            yield return CommaReading.Thousands;
        yield return CommaReading.Separator;
        if (Pointed().IsMatch(text))
            yield return CommaReading.Point;
    }

    [GeneratedRegex(@"(?<![\d.])\d{1,3}(?:,\d{3})+(?!\d)", RegexOptions.CultureInvariant)]
    private static partial Regex Grouped();

    [GeneratedRegex(@"^[^,()\[\]]*\d,\d[^,()\[\]]*$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Pointed();
}
