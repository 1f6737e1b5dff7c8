using System.CommandLine;
using System.Diagnostics;
using RlmEngine.Metrics;
using RlmEngine.Policies;
using RlmEngine.Transformer;

namespace RlmEngine.Cli.Commands;

/// <summary>`rlm create`: a model folder with random weights of a described shape.</summary>
/// <param name="ConfigPath">A config.json, or a folder that holds one.</param>
/// <param name="OutFolder">The folder to make.</param>
/// <param name="Seed">Key of the random stream.</param>
/// <param name="Type">bf16 or f32.</param>
/// <param name="TokenizerFolder">Where tokenizer files are copied from, or null for CONFIG's folder.</param>
internal sealed record CreateCommand(string ConfigPath, string OutFolder, ulong Seed, string Type, string? TokenizerFolder)
{
    /// <summary>The command with its options.</summary>
    public static Command Create(CommandConsole console)
    {
        Argument<string> config = new("CONFIG") { Description = "config.json of a Llama, Qwen2 or Qwen3, or a folder that holds it; tokenizer files beside it are copied." };
        Option<string> folder = new("--out") { Description = "Folder to make; new or empty.", Required = true, HelpName = "FOLDER" };
        Option<ulong> seed = new("--seed") { Description = "Key of the random weights.", DefaultValueFactory = _ => 1, HelpName = "N" };
        Option<string> type = new("--dtype") { Description = "Type of the weights: bf16 or f32.", DefaultValueFactory = _ => "bf16", HelpName = "TYPE" };
        Option<string?> tokenizer = new("--tokenizer") { Description = "Folder whose tokenizer files are copied, instead of those beside CONFIG.", HelpName = "FOLDER" };
        Command command = new("create", "Make a Hugging Face folder with random weights from a config.json.") { config, folder, seed, type, tokenizer };
        command.SetAction(result => new CreateCommand(
            result.GetRequiredValue(config), result.GetRequiredValue(folder), result.GetValue(seed), result.GetValue(type)!,
            result.GetValue(tokenizer)).Run(console));
        return command;
    }

    /// <summary>Checks all that the user gave, then writes.</summary>
    public int Run(CommandConsole console)
    {
        WeightType type = Type switch
        {
            "bf16" => WeightType.Bfloat16,
            "f32" => WeightType.Float32,
            _ => throw new UserInputException("--dtype", 0, "", $"\"{Type}\" is not possible; bf16 or f32 is needed"),
        };
        if (OutFolder.Length == 0)
            throw new UserInputException("--out", 0, "", "a folder's name is needed");
        var clock = Stopwatch.StartNew();
        using Interruption interruption = new(console, "stopping; nothing is left behind");
        ModelConfig model = new RandomModel(ConfigPath, Seed, type, TokenizerFolder).Write(OutFolder, interruption.Token);
        console.Out.WriteLine(CommandConsole.OneLine(
            $"{OutFolder}: {model.Family} of {model.ParameterCount} parameters in {Type}, seed {Seed}, in {clock.Elapsed.TotalSeconds:0.0} s"));
        return ExitCode.Done;
    }
}
