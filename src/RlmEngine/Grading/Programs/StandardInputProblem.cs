namespace RlmEngine.Grading.Programs;

/// <summary>A test of a program that reads standard input and writes standard output.</summary>
/// <param name="Input">What it reads.</param>
/// <param name="Output">What it must write.</param>
public sealed record StandardInputTest(string Input, string Output);

/// <summary>A problem whose program reads standard input: the form of APPS and LiveCodeBench.</summary>
/// <param name="Id">Its name in its set.</param>
/// <param name="Prompt">The question.</param>
/// <param name="Tests">At least one.</param>
public sealed record StandardInputProblem(string Id, string Prompt, IReadOnlyList<StandardInputTest> Tests) : ProgrammingProblem(Id, Prompt)
{
    /// <inheritdoc/>
    public override int TestCount => Tests.Count;

    /// <inheritdoc/>
    public override string ProgramOf(string response) => CodeExtraction.Program(response);

    /// <inheritdoc/>
    internal override IReadOnlyList<string> Test(ProgramRunner runner, string program, ProgramLimits limits, CancellationToken cancel)
    {
        var reasons = new List<string>();
        foreach (ProgramResult result in runner.RunEach(CommonImports.Before(program), Tests.Select(test => test.Input), limits, cancel))
        {
            reasons.Add(ReasonOf(result, Tests[reasons.Count]));
            // A program that runs out of time once does so on most tests, at seconds each; the sets' own harnesses stop there too.
            if (result.Outcome is ProgramOutcome.WallTime or ProgramOutcome.CpuTime)
                break;
        }

        return reasons;
    }

    private static string ReasonOf(ProgramResult result, StandardInputTest test)
    {
        if (!result.IsFinished)
            return result.Reason;
        return OutputComparison.AreEqual(test.Output, result.Output) ? "" : "its output is another";
    }
}
