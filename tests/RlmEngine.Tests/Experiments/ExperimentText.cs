using System.Text;
using RlmEngine.Experiments;

namespace RlmEngine.Tests.Experiments;

/// <summary>A small experiment and the recipe it needs, in a folder of their own.</summary>
internal static class ExperimentText
{
    public const string Recipe = """
        {
          "name": "r", "corpus": { "world": { "documents": 10 } },
          "stages": [ { "name": "mid", "method": "ntp", "steps": 20, "learningRate": { "peak": 1e-3 } } ],
          "checkpoints": { "every": 5, "keep": 3 }
        }
        """;

    public const string Whole = """
        // two methods
        {
          "name": "e", "seeds": [5, 6], "bootstrapSamples": 200,
          "set": { "evaluation.lossDocuments": 3 },
          "entries": [
            { "name": "base", "recipe": "r.jsonc" },
            { "name": "rmt", "label": "RMT", "recipe": "r.jsonc", "from": "base", "set": { "stages.mid.steps": 30 } },
            { "name": "half", "recipe": "r.jsonc", "from": "rmt", "fromShare": 0.5 },
            { "name": "other", "recipe": "r.jsonc", "seedCount": 1, "set": { "corpus.paths": ["{run:rmt}/x", "{checkpoint:base}"] } },
          ],
          "results": [ { "name": "ntr", "label": "NTR", "entry": "rmt", "when": "before" } ],
          "sections": [ { "title": "T", "type": "accuracy", "rows": ["ntr", "rmt"], "reference": "rmt" } ],
          "claims": [
            { "claim": "c", "left": "rmt", "right": "ntr", "metric": "hard" },
            { "claim": "d", "left": "rmt", "right": 0.8, "factor": 0.5, "direction": "less" },
          ],
        }
        """;

    /// <summary>The experiment, changed by replacing a text in it.</summary>
    public static Experiment Read(string? part = null, string? replacement = null, string folder = "")
    {
        string text = part is null ? Whole : Whole.Replace(part, replacement, StringComparison.Ordinal);
        Assert.That(part is null || text != Whole, "the text to replace is there");
        return ExperimentReader.Parse(Encoding.UTF8.GetBytes(text), "e.jsonc", folder);
    }

    /// <summary>A temporary folder that holds the recipe.</summary>
    public static DirectoryInfo Folder()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("rlm-experiment-");
        File.WriteAllText(Path.Combine(folder.FullName, "r.jsonc"), Recipe);
        return folder;
    }
}
