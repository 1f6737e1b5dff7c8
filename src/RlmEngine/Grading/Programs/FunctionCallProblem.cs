using System.Text.Json.Nodes;

namespace RlmEngine.Grading.Programs;

/// <summary>A call of a function and its result, as JSON values.</summary>
/// <param name="Arguments">Its arguments in order.</param>
/// <param name="Expected">What it must return.</param>
public sealed record FunctionCallTest(IReadOnlyList<JsonNode?> Arguments, JsonNode? Expected);

/// <summary>A problem whose function, or method of a class Solution, is called: the other form of APPS and LiveCodeBench.</summary>
/// <param name="Id">Its name in its set.</param>
/// <param name="Prompt">The question.</param>
/// <param name="Function">The name of the function or method.</param>
/// <param name="Tests">At least one.</param>
/// <param name="ExpectedMayBeWrapped">Whether an expected list of one item also stands for that item, as in APPS.</param>
public sealed record FunctionCallProblem(
    string Id, string Prompt, string Function, IReadOnlyList<FunctionCallTest> Tests, bool ExpectedMayBeWrapped) : ProgrammingProblem(Id, Prompt)
{
    /// <inheritdoc/>
    public override int TestCount => Tests.Count;

    /// <inheritdoc/>
    public override string ProgramOf(string response) => CodeExtraction.Program(response);

    /// <inheritdoc/>
    internal override IReadOnlyList<string> Test(ProgramRunner runner, string program, ProgramLimits limits, CancellationToken cancel)
    {
        var job = new JsonObject
        {
            ["kind"] = "calls",
            ["program"] = CommonImports.Before(program),
            ["function"] = Function,
            ["wrapped"] = ExpectedMayBeWrapped,
            ["calls"] = new JsonArray([.. Tests.Select(CallOf)]),
        };
        return runner.Judge(job, Tests.Count, limits, (Tests.Count + 1) * limits.WallTime, cancel);
    }

    private static JsonNode CallOf(FunctionCallTest test)
        => new JsonArray(new JsonArray([.. test.Arguments.Select(argument => argument?.DeepClone())]), test.Expected?.DeepClone());
}
