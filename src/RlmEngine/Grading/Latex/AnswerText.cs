using System.Text.RegularExpressions;
using RlmEngine.Grading.Comparison;
using RlmEngine.Grading.Expressions;

namespace RlmEngine.Grading.Latex;

/// <summary>An answer's text with the ways in which it can be read.</summary>
/// <param name="Text">The text.</param>
/// <param name="Readings">Trees, by how commas between digits are read; none when it is no mathematics.</param>
internal sealed partial record AnswerText(string Text, IReadOnlyList<(MathNode Node, CommaReading Commas)> Readings)
{
    /// <summary>Longer answers are compared as texts.</summary>
    private const int MaxLength = 6000;

    /// <summary>Reads a text.</summary>
    public static AnswerText Read(string text, StepBudget budget)
    {
        List<(MathNode, CommaReading)> readings = [];
        if (text.Length <= MaxLength)
        {
            string clean = LatexCleaning.Clean(text).TrimEnd('\\', ' ', '.', ',', ';', '\n');
            var shape = new AnswerShape(budget);
            foreach (CommaReading commas in Commas(clean))
            {
                if (MathParser.Parse(clean, commas, budget) is { } tree && shape.Of(tree) is { } node)
                    readings.Add((node, commas));
            }
        }

        return new AnswerText(text, readings);
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

    [GeneratedRegex(@"^[^,]*\d,\d[^,]*$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Pointed();
}
