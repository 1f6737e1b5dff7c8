using System.CommandLine;
using System.Text.Json;
using RlmEngine.Checkpoints;
using RlmEngine.Cli.Display;
using RlmEngine.Metrics;
using RlmEngine.Policies;
using RlmEngine.Transformer.Planning;

namespace RlmEngine.Cli.Commands;

/// <summary>`rlm inspect`: what a model is and what memory it needs, from its headers alone; a run's checkpoint is verified file by file.</summary>
/// <param name="ModelPath">Model, checkpoint or run folder, or a config.json.</param>
/// <param name="Options">What is shown and for which sizes.</param>
internal sealed record InspectCommand(string ModelPath, InspectOptions Options)
{
    private const string ConfigFile = "config.json";

    /// <summary>The command.</summary>
    public static Command Create(CommandConsole console)
    {
        Argument<string> path = new("FOLDER") { Description = "Hugging Face model folder, checkpoint, run folder (its newest whole checkpoint), or a config.json." };
        Option<bool> json = new("--json") { Description = "One JSON object." };
        Option<bool> tensors = new("--tensors") { Description = "Every tensor by itself; else those of all layers in one line." };
        Option<int> microBatch = new("--micro-batch") { Description = "Tokens of a micro-batch to train on.", DefaultValueFactory = _ => 16_384, HelpName = "N" };
        Option<int> rows = new("--rows") { Description = "Rows decoded side by side.", DefaultValueFactory = _ => 64, HelpName = "N" };
        Option<int> length = new("--length") { Description = "Tokens of each row, prompt included; 0 means the model's context.", DefaultValueFactory = _ => 2048, HelpName = "N" };
        Option<string> recompute = new("--recompute") { Description = "What backward computes again: none, or layers.", DefaultValueFactory = _ => "none", HelpName = "WHAT" };
        Command command = new("inspect", "Show what a model is and what memory it needs, before anything is loaded; verify a checkpoint's files.")
        {
            path, json, tensors, microBatch, rows, length, recompute,
        };
        ComputeOption compute = new();
        compute.AddTo(command);
        command.SetAction(result => new InspectCommand(
            result.GetRequiredValue(path),
            new InspectOptions(
                result.GetValue(json), result.GetValue(tensors), result.GetValue(microBatch), result.GetValue(rows), result.GetValue(length),
                compute.Of(result), RecomputationOf(result.GetValue(recompute)!))).Run(console));
        return command;
    }

    /// <summary>Reads all, then writes: a damaged folder gives its one line and nothing else.</summary>
    public int Run(CommandConsole console)
    {
        Require(Options.MicroBatchTokens >= 1, "--micro-batch", Options.MicroBatchTokens, 1);
        Require(Options.Rows >= 1, "--rows", Options.Rows, 1);
        Require(Options.Length >= 0, "--length", Options.Length, 0);
        bool isFile = File.Exists(ModelPath);
        string folder = isFile ? ModelPath : CheckpointArgument.Resolve(ModelPath, console);
        Checkpoint? checkpoint = !isFile && File.Exists(Path.Combine(folder, Checkpoint.ManifestFile)) ? Checkpoint.Open(folder) : null;
        bool hasConfig = isFile || File.Exists(Path.Combine(folder, ConfigFile));
        if (hasConfig)
        {
            var model = ModelInspection.Of(folder, Options.MicroBatchTokens, Options.Rows, Options.Length, Options.Compute, Options.Recompute);
            Write(console, Options.IsJson ? [JsonSerializer.Serialize(model, PlanJson.Indented.ModelInspection)] : Lines(folder, checkpoint, model));
            return ExitCode.Done;
        }

        var files = ModelFiles.Read(folder);
        if (files.Files.Count + files.Others.Count == 0)
            throw new UserInputException($"{folder}: holds neither {ConfigFile} nor a .safetensors file; a model's folder is needed");
        Write(console, Options.IsJson
            ? [JsonSerializer.Serialize(files, PlanJson.Indented.ModelFiles)]
            : [$"folder      {folder}", .. InspectText.Lines(files, Options.AreAllTensors)]);
        return ExitCode.Done;
    }

    private IEnumerable<string> Lines(string folder, Checkpoint? checkpoint, ModelInspection model)
    {
        IEnumerable<string> place = checkpoint is null ? [] : Place(checkpoint);
        return [$"{(checkpoint is null ? "model      " : "checkpoint ")} {folder}", .. place, .. InspectText.Lines(model, Options.AreAllTensors)];
    }

    private static IEnumerable<string> Place(Checkpoint checkpoint)
    {
        CheckpointManifest manifest = checkpoint.Manifest;
        RunCursor cursor = checkpoint.Cursor;
        yield return $"step        {manifest.Step} (stage {manifest.Stage}, {cursor.StageStep} steps into stage {cursor.StageIndex})";
        yield return $"corpus      pass {cursor.CorpusPass}, document {cursor.CorpusDocument}";
        yield return $"policy      version {cursor.PolicyVersion}, sha256 {manifest.PolicyHash}";
        yield return $"recipe      sha256 {manifest.RecipeHash}";
        foreach ((string name, long value) in cursor.Counters.OrderBy(counter => counter.Key, StringComparer.Ordinal))
            yield return $"counter     {name} = {value}";
        yield return $"files       {manifest.Files.Count}, {ByteText.Of(manifest.Files.Sum(file => file.Bytes))}, all verified";
    }

    // JSON has line breaks of its own and no control characters in its strings.
    private void Write(CommandConsole console, IEnumerable<string> lines)
    {
        foreach (string line in lines)
            console.Out.WriteLine(Options.IsJson ? line : CommandConsole.OneLine(line));
    }

    private static Recomputation RecomputationOf(string name) => name switch
    {
        "none" => Recomputation.None,
        "layers" => Recomputation.Layers,
        _ => throw new UserInputException("--recompute", 0, "", $"\"{name}\" is not possible; none or layers is needed"),
    };

    private static void Require(bool holds, string option, int value, int least)
    {
        if (!holds)
            throw new UserInputException(option, 0, "", $"{value} is not possible; at least {least} is needed");
    }
}

/// <summary>What `rlm inspect` shows.</summary>
/// <param name="IsJson">One JSON object instead of lines.</param>
/// <param name="AreAllTensors">Every tensor by itself.</param>
/// <param name="MicroBatchTokens">Tokens of a micro-batch.</param>
/// <param name="Rows">Rows decoded side by side.</param>
/// <param name="Length">Tokens of each row; 0 means the model's context.</param>
/// <param name="Compute">What products read.</param>
/// <param name="Recompute">What backward computes again.</param>
internal sealed record InspectOptions(
    bool IsJson, bool AreAllTensors, int MicroBatchTokens, int Rows, int Length, WeightType Compute, Recomputation Recompute);
