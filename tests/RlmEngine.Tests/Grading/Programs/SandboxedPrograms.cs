using RlmEngine.Grading.Programs;
using RlmEngine.Metrics;

namespace RlmEngine.Tests.Grading.Programs;

/// <summary>The runner of the tests; a test is ignored, saying why, where this machine has no sandbox.</summary>
internal static class SandboxedPrograms
{
    private static readonly Lazy<(ProgramRunner? Runner, string Reason)> s_found = new(Find);

    /// <summary>Small limits, so that what goes on for ever ends soon.</summary>
    public static ProgramLimits Small { get; } = new()
    {
        WallTime = TimeSpan.FromSeconds(1.5),
        CpuTime = TimeSpan.FromSeconds(1),
        MemoryBytes = 512L << 20,
        OutputBytes = 100_000,
        FileBytes = 1 << 20,
        FolderBytes = 4 << 20,
    };

    /// <summary>The same with time by the clock to spare: a busy machine may be slow at anything, and only sleepers need this limit.</summary>
    public static ProgramLimits Patient { get; } = Small with { WallTime = TimeSpan.FromSeconds(30) };

    public static ProgramRunner Runner
    {
        get
        {
            if (s_found.Value.Runner is null)
                Assert.Ignore(s_found.Value.Reason);
            return s_found.Value.Runner!;
        }
    }

    private static (ProgramRunner? Runner, string Reason) Find()
    {
        try
        {
            return (ProgramRunner.Create(CodeExecutionPermission.Granted), "");
        }
        catch (UserInputException problem)
        {
            return (null, problem.Message);
        }
    }
}
