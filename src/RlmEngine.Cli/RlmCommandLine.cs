using System.CommandLine;
using System.CommandLine.Help;
using RlmEngine.Cli.Commands;

namespace RlmEngine.Cli;

/// <summary>The command `rlm`: parses the line, runs the command, maps what goes wrong to an exit code.</summary>
internal static class RlmCommandLine
{
    /// <summary>Runs one command line.</summary>
    /// <param name="arguments">Without the program's name.</param>
    /// <param name="console">Where it writes.</param>
    /// <returns>See <see cref="ExitCode"/>.</returns>
    public static int Run(string[] arguments, CommandConsole console) => ExitCode.Of(() => Invoke(arguments, console), console);

    private static int Invoke(string[] arguments, CommandConsole console)
    {
        RootCommand root = new(
            "Reinforcement mid-training of language models.\n\n"
            + "  rlm train src/recipes/rmt-tiny.jsonc           train by a recipe, into runs/rmt-tiny\n"
            + "  rlm train --resume runs/rmt-tiny               go on after Ctrl-C or a crash\n"
            + "  rlm report runs/rmt-tiny                       plots and tables in one HTML file")
        {
            TrainCommand.Create(console),
            ExperimentCommand.Create(console),
            EvaluateCommand.Create(console),
            GradeCommand.Create(console),
            SampleCommand.Create(console),
            ScoreCommand.Create(console),
            RenderCommand.Create(console),
            ReportCommand.Create(console),
            InspectCommand.Create(console),
            CreateCommand.Create(console),
            LogitsCommand.Create(console),
            TokenizeCommand.Create(console),
            KernelsCommand.Create(console),
        };
        root.SetAction(new HelpAction().Invoke);
        ParseResult result = root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (result.Errors is [var error, ..])
        {
            // The parser ends its message with the name of a .NET type, which says nothing to a user.
            string message = error.Message.Split(" as expected type")[0].TrimEnd('.');
            console.Complain($"{message}; see {PathOf(result)} --help");
            return ExitCode.WrongInput;
        }

        return result.Invoke(new InvocationConfiguration
        {
            Output = console.Out,
            Error = console.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        });
    }

    private static string PathOf(ParseResult result) =>
        result.CommandResult.Command is RootCommand ? "rlm" : $"rlm {result.CommandResult.Command.Name}";
}
