using System.IO.Compression;
using System.Text.Json;
using RlmEngine.Grading.Programs;
using RlmEngine.Tests.Tokenization;

namespace RlmEngine.Tests.Grading.Programs;

/// <summary>HumanEval's and MBPP's own solutions: whole they pass, without their last line they fail.</summary>
[TestFixture]
public sealed class SharedProgramsTests
{
    private const int Sampled = 12;

    /// <summary>Problems of MBPP that are solved without their solution's last line too, by what it is.</summary>
    private static readonly Dictionary<string, string[]> s_alsoSolvedWithout = new()
    {
        ["a last return that no test reaches"] =
            ["9", "20", "29", "34", "189", "223", "351", "382", "485", "802", "627", "842", "916", "928"],
        ["a last return of None, which a function gives anyway"] = ["395"],
        ["statements after the one that returns"] = ["631"],
    };

    [Test]
    public void Grade_HumanEvalSolutions_PassAndFailWithoutTheirLastLine() => Check(Spread(HumanEval()));

    [Test]
    public void Grade_MbppSolutions_PassAndFailWithoutTheirLastLine() => Check(Spread(Mbpp()));

    [Test]
    [Explicit("164 + 974 problems, twice: minutes")]
    public void Grade_EverySolution_PassesAndFailsWithoutItsLastLine() => Check([.. HumanEval(), .. Mbpp()]);

    private static void Check(IReadOnlyList<(ProgrammingProblem Problem, string Solution)> problems)
    {
        var grader = new ProgramGrader(SandboxedPrograms.Runner);
        IReadOnlyList<ProgramVerdict> whole = grader.GradeAll(problems);
        IReadOnlyList<ProgramVerdict> cut = grader.GradeAll([.. problems.Select(problem => (problem.Problem, WithoutLastLine(problem.Solution)))]);
        string[] failed = [.. problems.Zip(whole).Where(pair => !pair.Second.Passed).Select(pair => $"{Name(pair.First.Problem)}: {pair.Second.Reason}")];
        string[] passed = [.. problems.Zip(cut).Where(pair => pair.Second.Passed).Select(pair => pair.First.Problem)
            .Where(problem => problem is HumanEvalProblem || !s_alsoSolvedWithout.Values.Any(ids => ids.Contains(problem.Id))).Select(Name)];
        TestContext.Out.WriteLine($"whole failed: {string.Join("; ", failed)}\ncut passed: {string.Join("; ", passed)}");
        Assert.Multiple(() =>
        {
            Assert.That(failed, Is.Empty);
            Assert.That(passed, Is.Empty);
        });
    }

    private static string Name(ProgrammingProblem problem) => $"{problem.GetType().Name} {problem.Id}";

    private static string WithoutLastLine(string solution)
    {
        string trimmed = solution.TrimEnd();
        return trimmed[..(Math.Max(trimmed.LastIndexOf('\n'), -1) + 1)];
    }

    private static IReadOnlyList<T> Spread<T>(T[] items) => [.. Enumerable.Range(0, Sampled).Select(i => items[i * items.Length / Sampled])];

    private static (ProgrammingProblem Problem, string Solution)[] HumanEval()
    {
        using var stream = new GZipStream(File.OpenRead(SharedData.PathOf("problems/HumanEval.jsonl.gz")), CompressionMode.Decompress);
        using var reader = new StreamReader(stream);
        return [.. Records(reader.ReadToEnd()).Select(HumanEvalProblem.Parse).Select(problem => ((ProgrammingProblem)problem, problem.CanonicalSolution))];
    }

    private static (ProgrammingProblem Problem, string Solution)[] Mbpp()
        => [.. Records(File.ReadAllText(SharedData.PathOf("problems/mbpp.jsonl"))).Select(MbppProblem.Parse).Select(problem => ((ProgrammingProblem)problem, problem.Reference))];

    private static IEnumerable<JsonElement> Records(string lines)
    {
        foreach (string line in lines.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            using var document = JsonDocument.Parse(line);
            yield return document.RootElement.Clone();
        }
    }
}
