using System.CommandLine;
using RlmEngine.Metrics;
using RlmEngine.Reports;

namespace RlmEngine.Cli.Commands;

/// <summary>`rlm report`: the plots and tables of one or more runs as one HTML file.</summary>
/// <param name="RunFolders">At least one.</param>
/// <param name="Output">The file; null means report.html in the only run's folder.</param>
internal sealed record ReportCommand(IReadOnlyList<string> RunFolders, string? Output)
{
    /// <summary>The command with its options.</summary>
    public static Command Create(CommandConsole console)
    {
        Argument<string[]> runs = new("DIR") { Description = "Run folders; several are overlaid.", Arity = ArgumentArity.OneOrMore };
        Option<string?> output = new("--out") { Description = "The HTML file; report.html in the run's folder unless given.", HelpName = "FILE" };
        Command command = new("report", "Write plots and tables of runs into one self-contained HTML file.") { runs, output };
        command.SetAction(result => new ReportCommand(result.GetRequiredValue(runs), result.GetValue(output)).Run(console));
        return command;
    }

    /// <summary>Writes the report and says where it is.</summary>
    public int Run(CommandConsole console)
    {
        if (Output is null && RunFolders.Count > 1)
            throw new UserInputException("several runs make one report; give its file with --out FILE");
        if (Output is not null && Directory.Exists(Output))
            throw new UserInputException($"--out {Output}: is a folder; a file is needed");
        string written = Output is null ? RunReport.Write(RunFolders[0]) : RunReport.Write(RunFolders, Output);
        console.Out.WriteLine(written);
        return ExitCode.Done;
    }
}
