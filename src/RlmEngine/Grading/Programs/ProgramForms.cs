using System.Text.Json;
using System.Text.Json.Nodes;

namespace RlmEngine.Grading.Programs;

/// <summary>The forms that sets of programming problems are published in.</summary>
public static class ProgramForms
{
    /// <summary>Their names.</summary>
    public static IReadOnlyList<string> Names { get; } = ["humaneval", "mbpp", "apps", "livecodebench"];

    /// <summary>Reads a problem.</summary>
    /// <param name="form">One of <see cref="Names"/>.</param>
    /// <param name="record">One record of the set.</param>
    /// <exception cref="InvalidDataException">The record is not of that form.</exception>
    /// <exception cref="ArgumentException">There is no such form.</exception>
    public static ProgrammingProblem Parse(string form, JsonObject record)
    {
        ArgumentNullException.ThrowIfNull(record);
        using var json = JsonDocument.Parse(record.ToJsonString());
        return form switch
        {
            "humaneval" => HumanEvalProblem.Parse(json.RootElement),
            "mbpp" => MbppProblem.Parse(json.RootElement),
            "apps" => AppsProblems.Parse(json.RootElement),
            "livecodebench" => LiveCodeBenchProblems.Parse(json.RootElement),
            _ => throw new ArgumentException($"\"{form}\" is no form of programming problems", nameof(form)),
        };
    }
}
