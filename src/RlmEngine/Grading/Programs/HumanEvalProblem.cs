using System.Text.Json;
using System.Text.Json.Nodes;

namespace RlmEngine.Grading.Programs;

/// <summary>A problem in HumanEval's form: the completion goes on where the prompt, a function's head, ends; check(function) tests it.</summary>
/// <param name="Id">task_id.</param>
/// <param name="Prompt">Imports, helpers, and the head of the function with its docstring.</param>
/// <param name="EntryPoint">The function's name.</param>
/// <param name="Tests">Source that defines check(candidate).</param>
/// <param name="CanonicalSolution">The function's body by the set's authors; empty where it is not given.</param>
/// <remarks>Source: Chen et al., "Evaluating Large Language Models Trained on Code", 2021.</remarks>
public sealed record HumanEvalProblem(string Id, string Prompt, string EntryPoint, string Tests, string CanonicalSolution = "")
    : ProgrammingProblem(Id, Prompt)
{
    /// <inheritdoc/>
    public override int TestCount => 1;

    /// <summary>Reads an object with task_id, prompt, entry_point, test and, perhaps, canonical_solution.</summary>
    /// <param name="record">One line of the set.</param>
    /// <exception cref="InvalidDataException">A field is missing or no text.</exception>
    public static HumanEvalProblem Parse(JsonElement record) => new(
        ProblemFields.Name(record, "task_id"), ProblemFields.Text(record, "prompt"), ProblemFields.Text(record, "entry_point"),
        ProblemFields.Text(record, "test"), ProblemFields.Text(record, "canonical_solution", ""));

    /// <inheritdoc/>
    public override string ProgramOf(string response) => CodeExtraction.Continue(Prompt, EntryPoint, response);

    /// <inheritdoc/>
    internal override IReadOnlyList<string> Test(ProgramRunner runner, string program, ProgramLimits limits, CancellationToken cancel)
    {
        var job = new JsonObject
        {
            ["kind"] = "tests",
            ["program"] = program,
            ["prelude"] = Prompt,
            ["reference"] = "",
            ["names"] = Texts([EntryPoint]),
            ["setup"] = "",
            ["tests"] = Texts([$"{Tests}\n\ncheck({EntryPoint})\n"]),
        };
        return runner.Judge(job, 1, limits, limits.WallTime, cancel);
    }
}
