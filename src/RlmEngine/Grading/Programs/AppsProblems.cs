using System.Text.Json;
using System.Text.Json.Nodes;

namespace RlmEngine.Grading.Programs;

/// <summary>Reads problems in APPS's form: "input_output" is JSON in a text, with inputs, outputs and, where a function is called, fn_name.</summary>
/// <remarks>Source: Hendrycks et al., "Measuring Coding Challenge Competence With APPS", 2021.</remarks>
public static class AppsProblems
{
    private const string Field = "input_output";

    /// <summary>Reads an object with problem_id (or id), question, input_output and, perhaps, starter_code.</summary>
    /// <param name="record">One line of the set.</param>
    /// <exception cref="InvalidDataException">A field is missing or has another form, or there is no test.</exception>
    public static ProgrammingProblem Parse(JsonElement record)
    {
        string id = ProblemFields.Name(record, record.ValueKind == JsonValueKind.Object && record.TryGetProperty("problem_id", out _) ? "problem_id" : "id");
        string prompt = ProblemFields.Text(record, "question");
        string starter = ProblemFields.Text(record, "starter_code", "");
        if (starter.Length > 0)
            prompt = $"{prompt}\n\n{starter}";
        JsonElement tests = ProblemFields.Inner(ProblemFields.Text(record, Field), Field, id);
        IReadOnlyList<JsonElement> inputs = Items(tests, "inputs", id), outputs = Items(tests, "outputs", id);
        if (inputs.Count != outputs.Count || inputs.Count == 0)
            throw new InvalidDataException($"problem {id}: \"{Field}\" holds {inputs.Count} inputs and {outputs.Count} outputs; it needs as many of each, at least one");
        if (tests.TryGetProperty("fn_name", out JsonElement function) && function.ValueKind == JsonValueKind.String)
            return new FunctionCallProblem(id, prompt, function.GetString()!, [.. inputs.Zip(outputs, (input, output) => CallOf(input, output, id))], true);
        return new StandardInputProblem(id, prompt, [.. inputs.Zip(outputs, (input, output) => new StandardInputTest(LinesOf(input, id), LinesOf(output, id)))]);
    }

    private static IReadOnlyList<JsonElement> Items(JsonElement tests, string field, string id)
    {
        if (tests.ValueKind == JsonValueKind.Object && tests.TryGetProperty(field, out JsonElement items) && items.ValueKind == JsonValueKind.Array)
            return [.. items.EnumerateArray()];
        throw new InvalidDataException($"problem {id}: \"{Field}\" must hold a list \"{field}\"");
    }

    private static FunctionCallTest CallOf(JsonElement input, JsonElement output, string id)
    {
        if (input.ValueKind != JsonValueKind.Array)
            throw new InvalidDataException($"problem {id}: an input of a called function must be the list of its arguments");
        return new FunctionCallTest([.. input.EnumerateArray().Select(NodeOf)], NodeOf(output));
    }

    private static JsonNode? NodeOf(JsonElement value) => JsonNode.Parse(value.GetRawText());

    /// <summary>A text, or the lines of one.</summary>
    private static string LinesOf(JsonElement text, string id) => text.ValueKind switch
    {
        JsonValueKind.String => text.GetString()!,
        JsonValueKind.Number => text.GetRawText(),
        JsonValueKind.Array => string.Join('\n', text.EnumerateArray().Select(line => LinesOf(line, id))),
        _ => throw new InvalidDataException($"problem {id}: a test's input and output must be texts or lists of lines"),
    };
}
