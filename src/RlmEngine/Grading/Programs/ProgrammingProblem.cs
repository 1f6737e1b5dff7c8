using System.Text.Json.Nodes;

namespace RlmEngine.Grading.Programs;

/// <summary>A programming problem that is graded by running the answer on tests.</summary>
/// <param name="Id">Its name in its set.</param>
/// <param name="Prompt">What the model is asked.</param>
public abstract record ProgrammingProblem(string Id, string Prompt)
{
    /// <summary>How many tests there are, at least 1.</summary>
    public abstract int TestCount { get; }

    /// <summary>The program that a model's response stands for.</summary>
    /// <param name="response">A completion of the prompt, or a message with the program in a fenced block.</param>
    public abstract string ProgramOf(string response);

    /// <summary>Runs the tests.</summary>
    /// <param name="runner">Where.</param>
    /// <param name="program">From <see cref="ProgramOf"/>.</param>
    /// <param name="limits">What the program may use.</param>
    /// <param name="cancel">Stops it.</param>
    /// <returns>For each test, up to the last that was run, why it failed, or an empty text.</returns>
    internal abstract IReadOnlyList<string> Test(ProgramRunner runner, string program, ProgramLimits limits, CancellationToken cancel);

    /// <summary>A list of texts as the judge reads it.</summary>
    private protected static JsonArray Texts(IEnumerable<string> texts) => [.. texts.Select(text => (JsonNode)JsonValue.Create(text))];
}
