using System.Text.Json;

namespace RlmEngine.Corpus;

/// <summary>Problems of .jsonl files, an object a line, held in memory; each training pass has its own order.</summary>
public sealed class ProblemFiles : ProblemSet
{
    private const string AnswerMark = "####";

    /// <summary>Reads the files.</summary>
    /// <param name="paths">The files.</param>
    /// <param name="question">Field of the question.</param>
    /// <param name="answer">Field of the answer, a text or a number; what follows the last "####" where there is one.</param>
    /// <param name="heldOut">Share of problems held out, by the hash of the question.</param>
    /// <param name="seed">The run's seed.</param>
    /// <exception cref="InvalidDataException">A file is missing, a line is no such object, or one side has no problem.</exception>
    public ProblemFiles(IReadOnlyList<string> paths, string question, string answer, double heldOut, ulong seed)
        : base(paths.SelectMany(path => Read(path, question, answer)), string.Join(", ", paths), heldOut, seed)
    {
    }

    private static IEnumerable<Problem> Read(string path, string question, string answer)
    {
        if (!File.Exists(path))
            throw new InvalidDataException($"problems: {path}: no such file; a .jsonl file with the fields \"{question}\" and \"{answer}\" is needed");
        int number = 0;
        foreach (string line in File.ReadLines(path))
        {
            number++;
            if (!string.IsNullOrWhiteSpace(line))
                yield return Parse($"{path}:{number}", line, question, answer);
        }
    }

    private static Problem Parse(string place, string line, string question, string answer)
    {
        try
        {
            using JsonDocument record = JsonDocument.Parse(line);
            string asked = Text(place, record.RootElement, question), solution = Text(place, record.RootElement, answer);
            int mark = solution.LastIndexOf(AnswerMark, StringComparison.Ordinal);
            return new Problem(asked, mark < 0 ? solution : solution[(mark + AnswerMark.Length)..].Trim());
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"problems: {place}: no JSON object of valid text on this line; one a line is needed", e);
        }
    }

    private static string Text(string place, JsonElement record, string field)
    {
        if (record.ValueKind != JsonValueKind.Object || !record.TryGetProperty(field, out JsonElement value))
            throw new InvalidDataException($"problems: {place}: no field \"{field}\"; name the right one in problems.question or problems.answer");
        return value.ValueKind switch
        {
            JsonValueKind.String => value.GetString()!,
            JsonValueKind.Number => value.GetRawText(),
            _ => throw new InvalidDataException($"problems: {place}: field \"{field}\" is neither a text nor a number"),
        };
    }
}
