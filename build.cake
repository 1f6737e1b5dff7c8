// The build: dotnet tool restore && dotnet cake [--target=Test] [--configuration=Release].
// Restore -> Build -> Smoke | Bench | Pack; Build, Format -> Test. The default target is Test; its last line counts the tests.
// TestGpu is the part of Test that needs the GPU flavour's packages.

using System.Xml.Linq;

var target = Argument("target", "Test");
var configuration = Argument("configuration", "Release");
var benchmarks = Argument("filter", "*");

const string Solution = "RlmEngine.sln";
const string Cli = "src/RlmEngine.Cli/RlmEngine.Cli.csproj";
const string Perf = "perf/RlmEngine.Perf/RlmEngine.Perf.csproj";
const string Packages = "artifacts/packages";
const string TestResults = "artifacts/test-results";

// The GPU flavour's own sources and tests; everything else is tested without it.
const string GpuKernels = "kernels/RlmEngine.Kernels.Ilgpu/RlmEngine.Kernels.Ilgpu.csproj";
const string GpuTests = "tests/RlmEngine.Gpu.Tests/RlmEngine.Gpu.Tests.csproj";
const string GpuProperty = "-p:Gpu=true";
string[] gpuSources = ["kernels/RlmEngine.Kernels.Ilgpu/", "src/RlmEngine.Torch/", "src/RlmEngine.Cli/Gpu/", "tests/RlmEngine.Gpu.Tests/"];

// The smoke run is the main job made short: every stage a few steps, an evaluation of a few prompts.
const string SmokeRecipe = "src/recipes/rmt-tiny.jsonc";
const string SmokeScript = "src/recipes/RmtTiny.cs";
string[] smokeOverrides =
[
    "stages.0.steps=4",
    "stages.0.learningRate.warmupSteps=2",
    "stages.1.steps=2",
    "stages.1.learningRate.warmupSteps=1",
    "evaluation.nextTokenPerTier=4",
    "evaluation.lossDocuments=4",
    "evaluation.bootstrapSamples=50",
];

(int Passed, int Failed, int Skipped)? counts = null;

Task("Restore").Does(() => DotNetRestore(Solution));

Task("Build").IsDependentOn("Restore").Does(() => DotNetBuild(Solution, new DotNetBuildSettings
{
    Configuration = configuration,
    NoRestore = true,
    MSBuildSettings = new DotNetMSBuildSettings { TreatAllWarningsAs = MSBuildTreatAllWarningsAs.Error },
}));

Task("Format").IsDependentOn("Restore").Does(() => Dotnet("format", Solution, "--verify-no-changes", "--no-restore"));

Task("Smoke").IsDependentOn("Build").Does(() =>
{
    var folder = System.IO.Directory.CreateTempSubdirectory("rlm-smoke-").FullName;
    try
    {
        string[] overrides = [.. smokeOverrides.SelectMany(value => new[] { "--set", value })];
        Dotnet(["run", "--no-build", "-c", configuration, "--project", Cli, "--",
            "train", SmokeRecipe, .. overrides, "--out", folder]);
        foreach (var file in new[] { "recipe.json", "metrics.jsonl", "summary.json", "report.html" })
        {
            if (!FileExists(System.IO.Path.Combine(folder, file)))
                throw new CakeException($"The smoke run wrote no {file}.");
        }
        // The training script is the same run through the API, so it must end with the same weights.
        var summary = System.IO.File.ReadAllText(System.IO.Path.Combine(folder, "summary.json"));
        var weights = System.Text.Json.JsonDocument.Parse(summary).RootElement.GetProperty("weightsSha256").GetString();
        var script = DotnetOutput(["run", "-c", configuration, SmokeScript, .. smokeOverrides]);
        Console.WriteLine(string.Join(System.Environment.NewLine, script));
        if (!script.Contains($"weights {weights}"))
            throw new CakeException($"{SmokeScript} ends with other weights than rlm train, which ends with {weights}.");
    }
    finally
    {
        System.IO.Directory.Delete(folder, recursive: true);
    }
});

Task("Test").IsDependentOn("Build").IsDependentOn("Format").Does(() =>
{
    CleanDirectory(TestResults);
    counts = (0, 0, 0);
    foreach (var project in GetFiles("tests/*/*.csproj").OrderBy(file => file.FullPath, StringComparer.Ordinal))
        counts = Add(counts.Value, RunTests(project));
    counts = Add(counts.Value, TestGpu());
    if (counts.Value.Failed > 0)
        throw new CakeException("Tests failed.");
    if (counts.Value.Passed == 0)
        throw new CakeException("No test ran.");
});

Task("TestGpu").Does(() =>
{
    EnsureDirectoryExists(TestResults);
    counts = TestGpu();
    if (counts.Value.Failed > 0)
        throw new CakeException("Tests failed.");
});

Task("Bench").IsDependentOn("Build")
    .Does(() => Dotnet("run", "--no-build", "-c", configuration, "--project", Perf, "--", "--filter", benchmarks));

Task("Pack").IsDependentOn("Build").Does(() => DotNetPack(Solution, new DotNetPackSettings
{
    Configuration = configuration,
    NoBuild = true,
    OutputDirectory = Packages,
}));

// Its packages come from the user's NuGet configuration or from RestoreAdditionalProjectSources; most machines have none of them.
bool RestoreGpu()
{
    // One project tells soon whether it is worth restoring all.
    foreach (var project in new[] { GpuKernels, Solution })
    {
        var arguments = new ProcessArgumentBuilder().Append("restore").AppendQuoted(project).Append(GpuProperty);
        var settings = new ProcessSettings { Arguments = arguments, RedirectStandardOutput = true, RedirectStandardError = true };
        if (StartProcess("dotnet", settings, out _) == 0)
            continue;
        Console.WriteLine("GPU flavour: not tested, no package source has all of ILGPU, TorchSharp and Microsoft.ML.Tokenizers (README, GPU).");
        return false;
    }
    return true;
}

(int Passed, int Failed, int Skipped) TestGpu()
{
    if (!RestoreGpu())
        return (0, 0, 0);
    Dotnet("build", Cli, "-c", configuration, "--no-restore", GpuProperty);
    Dotnet("build", GpuTests, "-c", configuration, "--no-restore", GpuProperty);
    // The property reaches the formatter by the environment: it has no option for it.
    System.Environment.SetEnvironmentVariable("Gpu", "true");
    try
    {
        Dotnet(["format", Solution, "--verify-no-changes", "--no-restore", "--include", .. gpuSources]);
    }
    finally
    {
        System.Environment.SetEnvironmentVariable("Gpu", null);
    }
    return RunTests(GpuTests, GpuProperty);
}

(int Passed, int Failed, int Skipped) RunTests(FilePath project, string property = "")
{
    var log = MakeAbsolute(Directory(TestResults)).CombineWithFilePath(project.GetFilenameWithoutExtension() + ".trx");
    var exitCode = 0;
    DotNetTest(project.FullPath, new DotNetTestSettings
    {
        Configuration = configuration,
        NoBuild = true,
        NoRestore = true,
        Loggers = ["console;verbosity=minimal", $"trx;LogFileName={log.FullPath}"],
        ArgumentCustomization = arguments => arguments.Append(property),
        HandleExitCode = code => { exitCode = code; return true; },
    });
    var result = FileExists(log) ? Count(log.FullPath) : (Passed: 0, Failed: 0, Skipped: 0);
    // A test host that died has no failed test to its name, but it did fail.
    return exitCode != 0 && result.Failed == 0 ? result with { Failed = 1 } : result;
}

(int Passed, int Failed, int Skipped) Count(string log)
{
    var counters = XDocument.Load(log).Descendants().Single(element => element.Name.LocalName == "Counters");
    int Read(string name) => (int)counters.Attribute(name);
    var failed = Read("failed") + Read("error") + Read("timeout") + Read("aborted");
    // Ignored tests are in the total and in no other counter.
    return (Read("passed"), failed, Read("total") - Read("passed") - failed);
}

(int Passed, int Failed, int Skipped) Add((int Passed, int Failed, int Skipped) a, (int Passed, int Failed, int Skipped) b)
    => (a.Passed + b.Passed, a.Failed + b.Failed, a.Skipped + b.Skipped);

void Dotnet(params string[] arguments)
{
    var builder = new ProcessArgumentBuilder();
    foreach (var argument in arguments)
        builder.AppendQuoted(argument);
    var exitCode = StartProcess("dotnet", new ProcessSettings { Arguments = builder });
    if (exitCode != 0)
        throw new CakeException($"dotnet {arguments[0]} ended with exit code {exitCode}.");
}

List<string> DotnetOutput(string[] arguments)
{
    var builder = new ProcessArgumentBuilder();
    foreach (var argument in arguments)
        builder.AppendQuoted(argument);
    var settings = new ProcessSettings { Arguments = builder, RedirectStandardOutput = true };
    var exitCode = StartProcess("dotnet", settings, out var lines);
    var output = lines.ToList();
    if (exitCode != 0)
        throw new CakeException($"dotnet {arguments[0]} ended with exit code {exitCode}: {string.Join(' ', output)}");
    return output;
}

var failure = default(Exception);
try
{
    RunTarget(target);
}
catch (Exception exception)
{
    failure = exception;
    Error(exception.Message);
    // What fails outside the tests is one failure, never a line of zeros.
    var reached = counts ?? (0, 0, 0);
    counts = reached with { Failed = Math.Max(1, reached.Failed) };
}

// After Cake's own report, so that the counts are the last line.
if (counts is { } sum)
{
    Console.Error.Flush();
    Console.WriteLine($"{sum.Passed} passed, {sum.Failed} failed, {sum.Skipped} skipped");
    Console.Out.Flush();
}

if (failure is not null)
    System.Environment.Exit(1);
