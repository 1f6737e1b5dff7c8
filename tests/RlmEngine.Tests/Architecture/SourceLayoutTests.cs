using System.Text.RegularExpressions;

namespace RlmEngine.Tests.Architecture;

[TestFixture]
public partial class SourceLayoutTests
{
    private const int MaxLines = 300;

    [Test]
    public void Sources_OfKernelsAndEngine_AreFound()
        => Assert.That(RepositoryFiles.Sources("src", "kernels"), Has.Some.EndsWith("Recipes/Recipe.cs").And.Some.EndsWith("Rollout/PhiloxCounter.cs"));

    [Test]
    public void Sources_OfKernelsAndEngine_HaveAtMost300Lines()
    {
        IEnumerable<string> long_ = from path in RepositoryFiles.Sources("src", "kernels")
                                    let lines = LineCount(RepositoryFiles.Read(path))
                                    where lines > MaxLines
                                    select $"{path}: {lines} lines";
        Assert.That(long_, Is.Empty);
    }

    [Test]
    public void Sources_Everywhere_HaveNoNameThatSaysNothing()
        => Assert.That(RepositoryFiles.Sources("src", "kernels", "tests", "perf").Where(path => VagueName().IsMatch(Path.GetFileName(path))), Is.Empty);

    [TestCase("StringUtils.cs", true)]
    [TestCase("PathHelper.cs", true)]
    [TestCase("RunManager.cs", true)]
    [TestCase("Helpers.Text.cs", true)]
    [TestCase("RunFolder.cs", false)]
    public void VagueName_OfFile_IsRecognised(string name, bool expected) => Assert.That(VagueName().IsMatch(name), Is.EqualTo(expected));

    [TestCase("", 0)]
    [TestCase("one", 1)]
    [TestCase("one\n", 1)]
    [TestCase("one\n\nthree\n", 3)]
    public void LineCount_OfText_CountsLines(string text, int expected) => Assert.That(LineCount(text), Is.EqualTo(expected));

    [Test]
    public void Operations_OfTheKernels_HaveATestFileOfTheirNameOrStandBehindTheContract()
    {
        string[] tests = [.. RepositoryFiles.Sources("tests/RlmEngine.Kernels.Tests")];
        string contract = ContractedImplementations(tests);
        IEnumerable<string> untested = from path in RepositoryFiles.Sources("kernels")
                                       where path.Contains("/Rollout/", StringComparison.Ordinal) || path.Contains("/Dense/", StringComparison.Ordinal)
                                       let operation = OperationOf(RepositoryFiles.Read(path))
                                       where operation is not null && !tests.Any(test => IsTestOf(Path.GetFileName(test), operation))
                                       where !Regex.IsMatch(contract, $"\\b{operation}\\.")
                                       select $"{path}: no {operation}Tests.cs";
        Assert.That(untested.Distinct(), Is.Empty);
    }

    [TestCase("public static class Gemm\n{", "Gemm")]
    [TestCase("/// <summary>x</summary>\npublic static unsafe partial class Rope\n{", "Rope")]
    [TestCase("public sealed class Plan\n{", null)]
    [TestCase("internal static class Tile\n{", null)]
    [TestCase("// public static class Gemm", null)]
    public void OperationOf_Source_IsThePublicStaticClass(string source, string? expected) => Assert.That(OperationOf(source), Is.EqualTo(expected));

    [TestCase("GemmTests.cs", "Gemm", true)]
    [TestCase("GemmContractTests.cs", "Gemm", true)]
    [TestCase("GemmPlan.cs", "Gemm", false)]
    [TestCase("ResidualGemmTests.cs", "Gemm", true)]
    [TestCase("RopeTests.cs", "Gemm", false)]
    public void IsTestOf_FileName_NeedsTheOperationsName(string file, string operation, bool expected)
        => Assert.That(IsTestOf(file, operation), Is.EqualTo(expected));

    /// <summary>Source of the rollout contract's implementations that a derived fixture runs the contract's tests on.</summary>
    private static string ContractedImplementations(IReadOnlyList<string> tests)
    {
        string fixtures = string.Join('\n', tests.Select(RepositoryFiles.Read));
        IEnumerable<string> tested = from path in RepositoryFiles.Sources("kernels")
                                     let name = Path.GetFileNameWithoutExtension(path)
                                     where name.EndsWith("RolloutKernels", StringComparison.Ordinal) && Regex.IsMatch(fixtures, $@"\bnew {name}\(")
                                     select RepositoryFiles.Read(path);
        return string.Join('\n', tested);
    }

    private static bool IsTestOf(string file, string operation)
        => file.Contains(operation, StringComparison.Ordinal) && file.EndsWith("Tests.cs", StringComparison.Ordinal);

    private static string? OperationOf(string source) => PublicStaticClass().Match(source) is { Success: true } match ? match.Groups[1].Value : null;

    private static int LineCount(string text) => text.Length == 0 ? 0 : text.TrimEnd('\n').Count(character => character == '\n') + 1;

    [GeneratedRegex("(Utils?|Helpers?|Managers?)(\\.|$)", RegexOptions.CultureInvariant)]
    private static partial Regex VagueName();

    [GeneratedRegex("^public static (?:unsafe )?(?:partial )?class (\\w+)", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex PublicStaticClass();
}
