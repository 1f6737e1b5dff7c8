using Spectre.Console;

namespace RlmEngine.Cli;

/// <summary>What a command writes to: results and progress on Out, refusals and warnings on Error.</summary>
/// <param name="Out">Standard output.</param>
/// <param name="Error">Standard error.</param>
/// <param name="Terminal">The terminal for live progress and tables, or null when standard output is redirected.</param>
internal sealed record CommandConsole(TextWriter Out, TextWriter Error, IAnsiConsole? Terminal)
{
    /// <summary>Standard input as bytes; null means that of this process.</summary>
    public Stream? BytesIn { get; init; }

    /// <summary>Standard output as bytes, for what is no text; null means that of this process.</summary>
    public Stream? BytesOut { get; init; }

    /// <summary>The console of this process.</summary>
    public static CommandConsole OfProcess()
    {
        bool isTerminal = !Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities.Interactive;
        return new CommandConsole(Console.Out, Console.Error, isTerminal ? AnsiConsole.Console : null);
    }

    /// <summary>Writes "rlm: " and one line to Error, control characters of hostile file names and texts replaced.</summary>
    public void Complain(string line) => Error.WriteLine("rlm: " + OneLine(line));

    /// <summary>The text on one line, without control characters.</summary>
    public static string OneLine(string text) =>
        string.Create(text.Length, text, (line, source) =>
        {
            for (int i = 0; i < line.Length; i++)
                line[i] = char.IsControl(source[i]) ? ' ' : source[i];
        });
}
