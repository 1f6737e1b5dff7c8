using System.Globalization;

namespace RlmEngine.Corpus;

/// <summary>
/// A field of a record, as in "text", "extra_info.answer", "prompt[0].content" or "messages[].content": names, and elements of lists (all
/// of them with [], which may be left out).
/// </summary>
internal sealed class FieldPath
{
    private FieldPath(string text, IReadOnlyList<FieldStep> steps)
    {
        Text = text;
        Steps = steps;
    }

    /// <summary>The path as it was written; a field of exactly this name goes before what it means as a path.</summary>
    public string Text { get; }

    /// <summary>Names and elements from the record inwards.</summary>
    public IReadOnlyList<FieldStep> Steps { get; }

    /// <summary>Reads a path; what follows no rule is one name.</summary>
    public static FieldPath Parse(string text)
    {
        List<FieldStep> steps = [];
        foreach (string part in text.Split('.'))
        {
            int bracket = part.IndexOf('[');
            string name = bracket < 0 ? part : part[..bracket];
            if (name.Length == 0)
                return AsName(text);
            steps.Add(new FieldStep(name, null));
            for (int at = bracket; at >= 0 && at < part.Length;)
            {
                int end = part.IndexOf(']', at);
                if (part[at] != '[' || end < 0 || !TryReadElement(part[(at + 1)..end], out int? element))
                    return AsName(text);
                steps.Add(new FieldStep(null, element));
                at = end + 1;
            }
        }

        return new FieldPath(text, steps);
    }

    private static FieldPath AsName(string text) => new(text, [new FieldStep(text, null)]);

    private static bool TryReadElement(string text, out int? element)
    {
        element = null;
        if (text.Length == 0)
            return true;
        bool isNumber = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number);
        element = number;
        return isNumber;
    }
}

/// <summary>A member by its name, or, without a name, an element of a list by its number from 0 (null: all of them).</summary>
internal readonly record struct FieldStep(string? Name, int? Element);
