namespace RlmEngine.Grading.Programs;

/// <summary>Grades responses to programming problems by running them on the problems' tests.</summary>
/// <param name="runner">Where programs run.</param>
/// <param name="limits">What a program may use; the defaults where null.</param>
public sealed class ProgramGrader(ProgramRunner runner, ProgramLimits? limits = null)
{
    private readonly ProgramLimits _limits = limits ?? new ProgramLimits();

    /// <summary>Grades one response.</summary>
    /// <param name="problem">The problem.</param>
    /// <param name="response">What the model wrote.</param>
    /// <param name="cancel">Stops it.</param>
    public ProgramVerdict Grade(ProgrammingProblem problem, string response, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(problem);
        ArgumentNullException.ThrowIfNull(response);
        string program = problem.ProgramOf(response);
        if (string.IsNullOrWhiteSpace(program))
            return new ProgramVerdict(false, 0, problem.TestCount, "the response holds no program");
        IReadOnlyList<string> reasons = problem.Test(runner, program, _limits, cancel);
        int passed = reasons.Count(reason => reason.Length == 0);
        bool all = passed == problem.TestCount && passed > 0;
        return new ProgramVerdict(all, passed, problem.TestCount, all ? "passed" : reasons.FirstOrDefault(reason => reason.Length > 0) ?? "there is no test");
    }

    /// <summary>Grades many responses, several at a time; verdicts in the order of the responses.</summary>
    /// <param name="answers">Problems and responses to them.</param>
    /// <param name="parallelism">Programs at a time; 0 for as many as there are cores.</param>
    /// <param name="cancel">Stops it.</param>
    public IReadOnlyList<ProgramVerdict> GradeAll(
        IReadOnlyList<(ProgrammingProblem Problem, string Response)> answers, int parallelism = 0, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(answers);
        ArgumentOutOfRangeException.ThrowIfNegative(parallelism);
        var verdicts = new ProgramVerdict[answers.Count];
        var options = new ParallelOptions { MaxDegreeOfParallelism = parallelism == 0 ? Environment.ProcessorCount : parallelism, CancellationToken = cancel };
        Parallel.For(0, answers.Count, options, i => verdicts[i] = Grade(answers[i].Problem, answers[i].Response, cancel));
        return verdicts;
    }
}
