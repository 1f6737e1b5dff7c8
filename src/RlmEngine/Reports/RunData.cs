using System.Text.Json;
using RlmEngine.Metrics;

namespace RlmEngine.Reports;

/// <summary>What a run folder holds, as far as it is there and whole.</summary>
public sealed class RunData
{
    /// <summary>The files a report is made from.</summary>
    public static readonly IReadOnlyList<string> Files = ["recipe.json", "metrics.jsonl", "summary.json", "rollouts.jsonl"];

    private readonly List<string> _problems = [];

    private RunData(string folder) => Folder = folder;

    /// <summary>The run folder.</summary>
    public string Folder { get; }

    /// <summary>The recipe's name, or the folder's.</summary>
    public string Name { get; private set; } = "";

    /// <summary>The resolved recipe, or null.</summary>
    public JsonElement? Recipe { get; private set; }

    /// <summary>The summary, or null while the run goes on.</summary>
    public JsonElement? Summary { get; private set; }

    /// <summary>The metrics; empty when there are none.</summary>
    public MetricTable Metrics { get; private set; } = MetricTable.Of([]);

    /// <summary>The sampled rollouts.</summary>
    public IReadOnlyList<JsonElement> Rollouts { get; private set; } = [];

    /// <summary>When the run wrote its last metrics or summary; null when it wrote neither.</summary>
    public DateTime? LastWritten { get; private set; }

    /// <summary>What is missing or damaged, one sentence each.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Reads a run folder.</summary>
    /// <exception cref="UserInputException">There is no such folder, or it holds no file of a run.</exception>
    public static RunData Load(string folder)
    {
        if (!Directory.Exists(folder))
            throw new UserInputException($"{folder}: no such run folder");
        if (!Files.Any(file => File.Exists(Path.Combine(folder, file))))
            throw new UserInputException($"{folder}: no run folder, it holds none of {string.Join(", ", Files)}");
        var run = new RunData(folder);
        run.Recipe = run.ReadObject("recipe.json");
        run.Summary = run.ReadObject("summary.json");
        run.Metrics = MetricTable.Of(run.ReadLines("metrics.jsonl"));
        run.Rollouts = run.ReadLines("rollouts.jsonl");
        run.Name = JsonText.Of(run.Recipe, "name") ?? JsonText.Of(run.Summary, "recipe") ?? Path.GetFileName(Path.GetFullPath(folder).TrimEnd('/', '\\'));
        string[] written = [.. new[] { "metrics.jsonl", "summary.json" }.Select(file => Path.Combine(folder, file)).Where(File.Exists)];
        run.LastWritten = written.Length == 0 ? null : written.Max(File.GetLastWriteTimeUtc);
        return run;
    }

    private JsonElement? ReadObject(string file)
    {
        if (ReadText(file) is not { } text)
            return null;
        if (Parse(text) is { } element)
            return element;
        _problems.Add($"{file} is damaged and was left out.");
        return null;
    }

    private List<JsonElement> ReadLines(string file)
    {
        var objects = new List<JsonElement>();
        if (ReadText(file) is not { } text)
            return objects;
        string[] lines = text.Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            if (string.IsNullOrWhiteSpace(lines[i]))
                continue;
            if (Parse(lines[i]) is { } element)
                objects.Add(element);
            else if (i < lines.Length - 1)
                // The last line may be half written: the run still goes on, or was killed. Any other is damage.
                _problems.Add($"{file}: line {i + 1} is damaged and was left out.");
        }

        return objects;
    }

    private string? ReadText(string file)
    {
        string path = Path.Combine(Folder, file);
        if (!File.Exists(path))
        {
            _problems.Add($"{file} is missing.");
            return null;
        }

        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        return reader.ReadToEnd();
    }

    private static JsonElement? Parse(string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
