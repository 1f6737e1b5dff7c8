using System.Text.Json;
using System.Text.Json.Nodes;
using RlmEngine.Corpus;
using RlmEngine.Grading.Programs;

namespace RlmEngine.Tasks;

/// <summary>A programming problem: the answer is a program, and its tests judge it.</summary>
/// <param name="Program">The problem with its tests.</param>
/// <param name="Question">What is asked.</param>
/// <param name="Answer">A program by the set's authors; empty where it is not given.</param>
public sealed record ProgramProblem(ProgrammingProblem Program, string Question, string Answer) : Problem(Question, Answer);

/// <summary>Programming problems of files in a published form, held in memory; each training pass has its own order.</summary>
public sealed class ProgramProblems : ProblemSet
{
    /// <summary>Reads the files: .jsonl, .json or .parquet, also .gz or .zst.</summary>
    /// <param name="paths">The files.</param>
    /// <param name="form">The published form.</param>
    /// <param name="heldOut">Share of problems held out, by the hash of the question.</param>
    /// <param name="seed">The run's seed.</param>
    /// <exception cref="InvalidDataException">A file is missing or not of the form, or one side has no problem.</exception>
    public ProgramProblems(IReadOnlyList<string> paths, ProblemForm form, double heldOut, ulong seed)
        : base(paths.SelectMany(path => Read(path, form)), string.Join(", ", paths), heldOut, seed)
    {
    }

    private static IEnumerable<ProgramProblem> Read(string path, ProblemForm form)
    {
        if (!File.Exists(path))
            throw new InvalidDataException($"problems: {path}: no such file; one with problems in the form {JsonNamingPolicy.CamelCase.ConvertName(form.ToString())} is needed");
        int number = 0;
        foreach (JsonObject record in RecordFile.Read(path))
        {
            number++;
            yield return Parse($"problems: {path}: problem {number}", record, form);
        }
    }

    private static ProgramProblem Parse(string place, JsonObject record, ProblemForm form)
    {
        try
        {
            ProgrammingProblem problem = ProgramForms.Parse(form.ToString().ToLowerInvariant(), record);
            return problem switch
            {
                HumanEvalProblem humanEval => new ProgramProblem(problem, problem.Prompt, humanEval.CanonicalSolution),
                MbppProblem mbpp => new ProgramProblem(problem, Shown(mbpp), mbpp.Reference),
                _ => new ProgramProblem(problem, problem.Prompt, ""),
            };
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{place}: {e.Message}", e);
        }
    }

    /// <summary>MBPP's sentences name no function; its tests do.</summary>
    private static string Shown(MbppProblem problem) => $"{problem.Prompt}\nYour code should pass these tests:\n{string.Join('\n', problem.Tests)}\n";
}
