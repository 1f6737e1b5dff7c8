using System.Text.Json;
using System.Text.Json.Nodes;
using RlmEngine.Grading;
using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Evaluation.Suites;

/// <summary>
/// Functions that give documents of published sets the fields that templates read. Fields that a set publishes under several names get one:
/// math_answer gives problem and answer (math_problem too, but of no set that has questions), choices gives choices and answer (an index), gpqa shuffles them, mbpp, apps and livecodebench give
/// what their prompts say.
/// </summary>
public static class DocumentProcessing
{
    private static readonly string[] s_problemNames = ["problem", "Problem", "question", "Question"];
    private static readonly string[] s_answerNames = ["answer", "Answer", "expected_answer", "final_answer"];

    private static readonly Dictionary<string, Action<JsonObject, int, ulong>> s_functions = new()
    {
        ["math_answer"] = (document, _, _) => MathAnswerOf(document, s_problemNames),
        ["math_problem"] = (document, _, _) => MathAnswerOf(document, s_problemNames[..1]),
        ["choices"] = (document, _, _) => ChoicesOf(document),
        ["gpqa"] = ShuffleChoices,
        ["mbpp"] = (document, _, _) => document["text"] = Text(document, "text") ?? Text(document, "prompt") ?? throw Missing("text"),
        ["apps"] = (document, _, _) => document["format"] = AppsFormat(document),
        ["livecodebench"] = (document, _, _) => document["format"] = LiveCodeFormat(document),
    };

    /// <summary>Names of the functions.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. s_functions.Keys];

    /// <summary>Adds a function's fields to a document.</summary>
    /// <param name="function">The function's name; empty changes nothing.</param>
    /// <param name="document">The document.</param>
    /// <param name="seed">Key of the random stream.</param>
    /// <exception cref="InvalidDataException">The document lacks what the function needs.</exception>
    public static void Apply(string function, SuiteDocument document, ulong seed)
    {
        if (function.Length > 0)
            s_functions[function](document.Fields, document.Id, seed);
    }

    /// <summary>Problem and answer; the answer of a solution is its last box, choices of a problem stand below it.</summary>
    private static void MathAnswerOf(JsonObject document, string[] names)
    {
        string problem = names.Select(name => Text(document, name)).FirstOrDefault(text => text is not null) ?? throw Missing("problem");
        if (Text(document, "context") is { } context && !string.IsNullOrWhiteSpace(context))
            problem = $"{context}\n{problem}";
        if (document["options"] is JsonArray { Count: > 0 } options)
            problem += "\n" + string.Join('\n', options.Select((option, i) => $"({(char)('A' + i)}) {TemplateExpression.TextOf(option)}"));
        string answer = s_answerNames.Select(name => Joined(document, name)).FirstOrDefault(text => !string.IsNullOrWhiteSpace(text))
            ?? (Joined(document, "solution") is { } solution ? FinalAnswer.Boxed(solution) : null)
            ?? throw Missing("answer, nor a boxed one in its solution");
        document["problem"] = problem;
        document["answer"] = answer;
    }

    /// <summary>MMLU's forms: choices as a list or as columns A to D, the answer as an index or a letter.</summary>
    private static void ChoicesOf(JsonObject document)
    {
        if (document["choices"] is not JsonArray { Count: > 1 } choices)
        {
            choices = [.. "ABCDEFGHIJ".TakeWhile(letter => document.ContainsKey(letter.ToString()))
                .Select(letter => (JsonNode?)(Text(document, letter.ToString()) ?? throw Missing(letter.ToString())))];
            document["choices"] = choices;

            // A template "A" would stand for the field of that name, not for the letter.
            for (int i = 0; i < choices.Count; i++)
                document.Remove(((char)('A' + i)).ToString());
        }

        string answer = document.TryGetPropertyValue("answer", out JsonNode? given) ? TemplateExpression.TextOf(given).Trim() : throw Missing("answer");
        int index = answer.Length == 1 && char.IsAsciiLetter(answer[0]) ? char.ToUpperInvariant(answer[0]) - 'A' : int.TryParse(answer, out int number) ? number : -1;
        if (index < 0 || index >= choices.Count)
            throw new InvalidDataException($"answer {answer} is none of its {choices.Count} choices");
        document["answer"] = index;
    }

    private static void ShuffleChoices(JsonObject document, int id, ulong seed)
    {
        string[] choices = [.. new[] { "Correct Answer", "Incorrect Answer 1", "Incorrect Answer 2", "Incorrect Answer 3" }
            .Select(name => Cleaned(Text(document, name) ?? throw Missing(name)))];
        int[] order = [0, 1, 2, 3];
        new PhiloxStream(seed, new PhiloxCounter(RandomPurpose.Shuffle, 0, (uint)id, 0, 0)).Shuffle(order.AsSpan());
        document["question"] = Cleaned(Text(document, "Question") ?? throw Missing("Question"));
        document["choices"] = new JsonArray([.. order.Select(i => (JsonNode?)choices[i])]);
        document["answer"] = Array.IndexOf(order, 0);
    }

    /// <summary>As the harness cleans GPQA's texts.</summary>
    private static string Cleaned(string text) =>
        text.Trim().Replace(" [title]", ". ", StringComparison.Ordinal).Replace("  ", " ", StringComparison.Ordinal);

    private static string AppsFormat(JsonObject document)
    {
        string starter = Text(document, "starter_code") is { Length: > 0 } code ? $"\n{code}\n" : "";
        bool isCall = Text(document, "input_output") is { Length: > 0 } tests && Parsed(tests, "input_output") is JsonObject io && io["fn_name"] is not null;
        return starter + (isCall ? "\nUse Call-Based format" : "\nUse Standard Input format");
    }

    private static string LiveCodeFormat(JsonObject document) => Text(document, "starter_code") is { Length: > 0 } starter
        ? $"You will use the following starter code to write the solution to the problem and enclose your code within delimiters.\n```python\n{starter}\n```"
        : "Read the inputs from stdin solve the problem and write the answer to stdout (do not directly test on the sample inputs). "
            + "Enclose your code within delimiters as follows. Ensure that when the python program runs, it reads the inputs, runs the algorithm "
            + "and writes output to STDOUT.\n```python\n# YOUR CODE HERE\n```";

    private static JsonNode? Parsed(string json, string field)
    {
        try
        {
            return JsonNode.Parse(json);
        }
        catch (JsonException)
        {
            throw new InvalidDataException($"{field} is no JSON");
        }
    }

    private static string? Text(JsonObject document, string name) =>
        document.TryGetPropertyValue(name, out JsonNode? value) && value is not null ? TemplateExpression.TextOf(value) : null;

    /// <summary>A text, a number as text, or the texts of a list with commas between them.</summary>
    private static string? Joined(JsonObject document, string name) => document[name] is JsonArray list
        ? string.Join(", ", list.Select(TemplateExpression.TextOf))
        : Text(document, name);

    private static InvalidDataException Missing(string field) => new($"the document has no {field}");
}
