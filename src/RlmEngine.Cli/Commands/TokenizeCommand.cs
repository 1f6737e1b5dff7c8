using System.CommandLine;
using System.Text;
using RlmEngine.Tokenization;

namespace RlmEngine.Cli.Commands;

/// <summary>`rlm tokenize`: a file's tokens, a JSON array a line, and back.</summary>
/// <param name="FolderPath">Folder with a tokenizer.</param>
/// <param name="FilePath">The file, or null for standard input.</param>
/// <param name="IsWhole">The file is one text; else each line is.</param>
/// <param name="IsDecoding">The file holds arrays of ids, and their text is wanted.</param>
/// <param name="ParsesSpecial">Special tokens' strings are these tokens.</param>
internal sealed record TokenizeCommand(string FolderPath, string? FilePath, bool IsWhole, bool IsDecoding, bool ParsesSpecial)
{
    /// <summary>Lines are encoded in parallel, so many bytes of them at a time.</summary>
    private const int BatchBytes = 1 << 20;

    /// <summary>The command with its options.</summary>
    public static Command Create(CommandConsole console)
    {
        Argument<string> folder = new("FOLDER") { Description = "Folder with tokenizer.json, or with vocab.json and merges.txt." };
        Argument<string?> file = new("FILE") { Description = "Text in UTF-8, or any bytes; standard input unless given.", Arity = ArgumentArity.ZeroOrOne };
        Option<bool> whole = new("--whole") { Description = "The file is one text, not one a line." };
        Option<bool> decode = new("--decode") { Description = "Turn arrays of ids back into text." };
        Option<bool> special = new("--special")
        {
            Description = "Read special tokens' strings as these tokens; false reads them as text.",
            DefaultValueFactory = _ => true,
        };
        Command command = new("tokenize", "Print a file's tokens, one JSON array of ids for each line.") { folder, file, whole, decode, special };
        command.SetAction(result => new TokenizeCommand(
            result.GetRequiredValue(folder), result.GetValue(file), result.GetValue(whole), result.GetValue(decode), result.GetValue(special)).Run(console));
        return command;
    }

    /// <summary>Loads the tokenizer, then reads and writes as a stream.</summary>
    public int Run(CommandConsole console)
    {
        string folder = CheckpointArgument.Resolve(FolderPath, console);
        var tokenizer = ByteLevelBpe.Load(folder);
        using Stream input = FilePath is null ? console.BytesIn ?? Console.OpenStandardInput() : File.OpenRead(FilePath);
        if (IsDecoding)
        {
            using var output = new BufferedStream(console.BytesOut ?? Console.OpenStandardOutput(), 1 << 16);
            var reader = new TokenLines(tokenizer, FilePath ?? "standard input");
            reader.Decode(input, output, IsWhole);
            output.Flush();
        }
        else if (IsWhole)
        {
            console.Out.WriteLine(ArrayOf(tokenizer.EncodeContent(ByteLines.ReadAll(input), ParsesSpecial)));
        }
        else
        {
            EncodeLines(tokenizer, input, console.Out);
        }

        return ExitCode.Done;
    }

    private void EncodeLines(ByteLevelBpe tokenizer, Stream input, TextWriter output)
    {
        foreach (byte[][] lines in ByteLines.Batches(input, BatchBytes))
        {
            var arrays = new string[lines.Length];
            if (lines.Length == 1)
                arrays[0] = ArrayOf(tokenizer.EncodeContent(lines[0], ParsesSpecial));
            else
                Parallel.For(0, lines.Length, i => arrays[i] = ArrayOf(tokenizer.EncodeContent(lines[i], ParsesSpecial, threads: 1)));
            output.Write(string.Concat(arrays.Select(array => array + "\n")));
        }

        output.Flush();
    }

    private static string ArrayOf(int[] tokens)
    {
        var text = new StringBuilder("[", (6 * tokens.Length) + 2);
        for (int i = 0; i < tokens.Length; i++)
            (i == 0 ? text : text.Append(',')).Append(tokens[i]);
        return text.Append(']').ToString();
    }
}
