using System.CommandLine;
using System.Text.Json;
using RlmEngine.Checkpoints;
using RlmEngine.Metrics;

namespace RlmEngine.Cli.Commands;

/// <summary>`rlm inspect`: what a checkpoint holds, verified file by file.</summary>
/// <param name="CheckpointPath">Checkpoint, model or run folder.</param>
internal sealed record InspectCommand(string CheckpointPath)
{
    private const string ConfigFile = "config.json";
    private const long LargestConfig = 16 * 1024 * 1024;

    /// <summary>The command.</summary>
    public static Command Create(CommandConsole console)
    {
        Argument<string> checkpoint = CheckpointArgument.Create();
        Command command = new("inspect", "Show a checkpoint's configuration, tensors, sizes and cursor, and verify its files.") { checkpoint };
        command.SetAction(result => new InspectCommand(result.GetRequiredValue(checkpoint)).Run(console));
        return command;
    }

    /// <summary>Reads all, then writes: a damaged checkpoint gives its one line and nothing else.</summary>
    public int Run(CommandConsole console)
    {
        string folder = CheckpointArgument.Resolve(CheckpointPath, console);
        List<string> lines = [$"checkpoint  {folder}"];
        bool isOurs = File.Exists(Path.Combine(folder, Checkpoint.ManifestFile));
        if (isOurs)
            lines.AddRange(Run(Checkpoint.Open(folder)));
        lines.AddRange(Config(Path.Combine(folder, ConfigFile)));
        string[] files = [.. Directory.GetFiles(folder, "*.safetensors").Order(StringComparer.Ordinal)];
        if (files.Length == 0 && !isOurs)
            throw new UserInputException($"{folder}: holds neither {Checkpoint.ManifestFile} nor a .safetensors file; a checkpoint folder is needed");
        foreach (string file in files)
            lines.AddRange(Tensors(file));
        foreach (string line in lines)
            console.Out.WriteLine(CommandConsole.OneLine(line));
        return ExitCode.Done;
    }

    private static IEnumerable<string> Run(Checkpoint checkpoint)
    {
        CheckpointManifest manifest = checkpoint.Manifest;
        RunCursor cursor = checkpoint.Cursor;
        yield return $"step        {manifest.Step} (stage {manifest.Stage}, {cursor.StageStep} steps into stage {cursor.StageIndex})";
        yield return $"corpus      pass {cursor.CorpusPass}, document {cursor.CorpusDocument}";
        yield return $"policy      version {cursor.PolicyVersion}, sha256 {manifest.PolicyHash}";
        yield return $"recipe      sha256 {manifest.RecipeHash}";
        foreach ((string name, long value) in cursor.Counters.OrderBy(counter => counter.Key, StringComparer.Ordinal))
            yield return $"counter     {name} = {value}";
        yield return $"files       {manifest.Files.Count}, {Size(manifest.Files.Sum(file => file.Bytes))}, all verified";
    }

    private static IEnumerable<string> Config(string path)
    {
        if (!File.Exists(path))
            return [];
        try
        {
            if (new FileInfo(path).Length > LargestConfig)
                throw new InvalidDataException($"{path}: larger than {LargestConfig} bytes");
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new InvalidDataException($"{path}: not a JSON object");
            return [.. document.RootElement.EnumerateObject().Select(field => $"config      {field.Name} = {Shortened(field.Value.GetRawText())}")];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"{path}: not JSON: {e.Message}", e);
        }
    }

    private static List<string> Tensors(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        int width = file.Tensors.Select(tensor => tensor.Name.Length).DefaultIfEmpty().Max();
        Int128 numbers = 0;
        foreach (SafetensorsEntry tensor in file.Tensors)
            numbers += tensor.Count;
        return
        [
            $"{Path.GetFileName(path)}: {file.Tensors.Count} tensors, {numbers} parameters, {Size(new FileInfo(path).Length)}",
            .. file.Tensors.Select(tensor => $"  {tensor.Name.PadRight(Math.Min(width, 80))}  {tensor.Type,-4}  {tensor.ShapeText}  {Size(tensor.Bytes)}"),
        ];
    }

    private static string Shortened(string text) => text.Length > 120 ? text[..119] + "…" : text;

    private static string Size(long bytes) => bytes switch
    {
        >= 1L << 30 => $"{bytes / (double)(1L << 30):0.00} GiB",
        >= 1L << 20 => $"{bytes / (double)(1L << 20):0.00} MiB",
        >= 1L << 10 => $"{bytes / (double)(1L << 10):0.00} KiB",
        _ => $"{bytes} B",
    };
}
