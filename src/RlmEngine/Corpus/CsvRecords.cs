using System.Text;
using System.Text.Json.Nodes;

namespace RlmEngine.Corpus;

/// <summary>Reads comma-separated values (RFC 4180, with line feeds alone too): the first line names the columns, quoted fields may hold lines.</summary>
internal static class CsvRecords
{
    /// <summary>The records of a text, each with all columns as strings.</summary>
    /// <exception cref="InvalidDataException">A quote is not closed or a record has more or fewer fields than the first line.</exception>
    public static IEnumerable<JsonObject> Parse(string text, string source)
    {
        List<string>? names = null;
        int at = 0, line = 1;
        while (at < text.Length)
        {
            int first = line;
            List<string> fields = Record(text, ref at, ref line, source);
            if (fields is [""])
                continue;
            if (names is null)
            {
                names = fields;
                continue;
            }

            if (fields.Count != names.Count)
                throw new InvalidDataException($"{source}:{first}: {fields.Count} fields; the first line names {names.Count}");
            var record = new JsonObject();
            for (int i = 0; i < fields.Count; i++)
                record[names[i]] = fields[i];
            yield return record;
        }
    }

    private static List<string> Record(string text, ref int at, ref int line, string source)
    {
        List<string> fields = [];
        while (true)
        {
            fields.Add(at < text.Length && text[at] == '"' ? Quoted(text, ref at, ref line, source) : Plain(text, ref at));
            if (at < text.Length && text[at] == ',')
            {
                at++;
                continue;
            }

            if (at < text.Length && text[at] == '\r')
                at++;
            if (at < text.Length && text[at] == '\n')
                at++;
            line++;
            return fields;
        }
    }

    private static string Plain(string text, ref int at)
    {
        int end = text.AsSpan(at).IndexOfAny(",\r\n");
        int start = at;
        at = end < 0 ? text.Length : at + end;
        return text[start..at];
    }

    private static string Quoted(string text, ref int at, ref int line, string source)
    {
        int first = line;
        var field = new StringBuilder();
        for (at++; at < text.Length; at++)
        {
            if (text[at] == '"' && (at + 1 == text.Length || text[at + 1] != '"'))
            {
                at++;
                if (at < text.Length && text[at] is not (',' or '\r' or '\n'))
                    throw new InvalidDataException($"{source}:{line}: a quoted field goes on after its quote");
                return field.ToString();
            }

            if (text[at] == '"')
                at++;
            if (text[at] == '\n')
                line++;
            field.Append(text[at]);
        }

        throw new InvalidDataException($"{source}:{first}: a quoted field is not closed");
    }
}
