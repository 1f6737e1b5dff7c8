using System.Text.Json;
using System.Text.Json.Nodes;

namespace RlmEngine.Grading.Programs;

/// <summary>Reads problems in LiveCodeBench's form: public and private tests, each "stdin" or "functional".</summary>
/// <remarks>Source: Jain et al., "LiveCodeBench: Holistic and Contamination Free Evaluation of Large Language Models for Code", 2024.</remarks>
public static class LiveCodeBenchProblems
{
    private const string Public = "public_test_cases", Private = "private_test_cases";

    private sealed record TestCase(string Input, string Output, bool CallsFunction);

    /// <summary>Reads an object with question_id, question_content, public_test_cases and, perhaps, private_test_cases, starter_code, metadata.</summary>
    /// <param name="record">One line of the set.</param>
    /// <exception cref="InvalidDataException">A field is missing or has another form, there is no test, or tests of both kinds.</exception>
    public static ProgrammingProblem Parse(JsonElement record)
    {
        string id = ProblemFields.Name(record, "question_id");
        string prompt = ProblemFields.Text(record, "question_content");
        string starter = ProblemFields.Text(record, "starter_code", "");
        if (starter.Length > 0)
            prompt = $"{prompt}\n\n{starter}";
        TestCase[] tests = [.. Cases(ProblemFields.Text(record, Public), Public, id), .. PrivateCases(ProblemFields.Text(record, Private, ""), id)];
        if (tests.Length == 0)
            throw new InvalidDataException($"problem {id}: there is no test; a problem needs at least one");
        if (tests.Any(test => test.CallsFunction != tests[0].CallsFunction))
            throw new InvalidDataException($"problem {id}: its tests are of both kinds, stdin and functional; they must be of one");
        if (!tests[0].CallsFunction)
            return new StandardInputProblem(id, prompt, [.. tests.Select(test => new StandardInputTest(test.Input, test.Output))]);
        return new FunctionCallProblem(id, prompt, FunctionOf(record, id), [.. tests.Select(test => CallOf(test, id))], false);
    }

    private static IEnumerable<TestCase> PrivateCases(string text, string id)
    {
        if (text.Length == 0)
            return [];
        return Cases(text.TrimStart().StartsWith('[') ? text : PackedTestCases.Unpack(text, id), Private, id);
    }

    private static IEnumerable<TestCase> Cases(string text, string field, string id)
    {
        JsonElement list = ProblemFields.Inner(text, field, id);
        if (list.ValueKind != JsonValueKind.Array)
            throw new InvalidDataException($"problem {id}: \"{field}\" must hold a list of tests");
        return list.EnumerateArray().Select(test => new TestCase(
            ProblemFields.Text(test, "input"), ProblemFields.Text(test, "output"), ProblemFields.Text(test, "testtype", "stdin") == "functional"));
    }

    private static string FunctionOf(JsonElement record, string id)
    {
        JsonElement metadata = ProblemFields.Inner(ProblemFields.Text(record, "metadata", "{}"), "metadata", id);
        string name = ProblemFields.Text(metadata, "func_name", "");
        return name.Length > 0 ? name : throw new InvalidDataException($"problem {id}: \"metadata\" names no func_name, which its functional tests call");
    }

    /// <summary>Each line of the input is an argument.</summary>
    private static FunctionCallTest CallOf(TestCase test, string id)
        => new([.. test.Input.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => NodeOf(line, id))], NodeOf(test.Output, id));

    private static JsonNode? NodeOf(string text, string id) => JsonNode.Parse(ProblemFields.Inner(text, "input", id).GetRawText());
}
