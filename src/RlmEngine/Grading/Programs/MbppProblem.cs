using System.Text.Json;
using System.Text.Json.Nodes;

namespace RlmEngine.Grading.Programs;

/// <summary>A problem in MBPP's form: a sentence, and assertions that the program must hold.</summary>
/// <param name="Id">task_id.</param>
/// <param name="Prompt">The sentence.</param>
/// <param name="Tests">Assertions, one test each.</param>
/// <param name="Setup">Statements that run after the program and before its tests.</param>
/// <param name="Reference">A program by the set's authors; the names it defines are the program's, whatever Python calls so.</param>
/// <remarks>Source: Austin et al., "Program Synthesis with Large Language Models", 2021.</remarks>
public sealed record MbppProblem(string Id, string Prompt, IReadOnlyList<string> Tests, string Setup = "", string Reference = "")
    : ProgrammingProblem(Id, Prompt)
{
    /// <inheritdoc/>
    public override int TestCount => Tests.Count;

    /// <summary>Reads an object with task_id, text (or prompt, as the sanitized set has it), code, test_list and, perhaps, test_setup_code or test_imports.</summary>
    /// <param name="record">One line of the set.</param>
    /// <exception cref="InvalidDataException">A field is missing or has another type, or there is no test.</exception>
    public static MbppProblem Parse(JsonElement record)
    {
        string id = ProblemFields.Name(record, "task_id");
        string prompt = ProblemFields.Text(record, record.TryGetProperty("text", out _) ? "text" : "prompt");
        IReadOnlyList<string> tests = ProblemFields.Texts(record, "test_list");
        if (tests.Count == 0)
            throw new InvalidDataException($"problem {id}: test_list is empty; a problem needs at least one test");
        IReadOnlyList<string> imports = record.TryGetProperty("test_imports", out _) ? ProblemFields.Texts(record, "test_imports") : [];
        string setup = string.Join('\n', [.. imports, ProblemFields.Text(record, "test_setup_code", "")]);
        return new MbppProblem(id, prompt, tests, setup, ProblemFields.Text(record, "code", ""));
    }

    /// <inheritdoc/>
    public override string ProgramOf(string response) => CodeExtraction.Program(response);

    /// <inheritdoc/>
    internal override IReadOnlyList<string> Test(ProgramRunner runner, string program, ProgramLimits limits, CancellationToken cancel)
    {
        var job = new JsonObject
        {
            ["kind"] = "tests",
            ["program"] = program,
            ["prelude"] = "",
            ["reference"] = Reference,
            ["names"] = Texts([]),
            ["setup"] = Setup.ReplaceLineEndings("\n"),
            ["tests"] = Texts(Tests),
        };
        return runner.Judge(job, Tests.Count, limits, limits.WallTime, cancel);
    }
}
