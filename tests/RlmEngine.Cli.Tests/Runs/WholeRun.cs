using System.Text.Json;
using RlmEngine.Metrics;
using RlmEngine.Training;

namespace RlmEngine.Cli.Tests.Runs;

/// <summary>One uninterrupted run by the command line, made once and shared: what every stopped run must end as.</summary>
[SetUpFixture]
public class WholeRun
{
    public const int Steps = 40;

    // 20 steps of base, then 20 of RMT and RLM mixed; a checkpoint every third.
    private const string Text = """
        {
          "name": "tiny", "seed": 3, "threads": 1,
          "corpus": { "heldOut": 0.2, "world": { "documents": 60 } },
          "tokenizer": { "vocabularySize": 280, "trainBytes": 20000 },
          "model": {
            "hiddenSize": 16, "layers": 1, "heads": 2, "keyValueHeads": 1, "headSize": 8, "intermediateSize": 24,
            "contextLength": 96, "initializerRange": 0.1
          },
          "stages": [
            {
              "name": "base", "method": "ntp", "steps": 20, "documentTokens": 300, "thoughtShare": 0.6,
              "learningRate": { "peak": 0.05, "warmupSteps": 2, "schedule": "cosine" }
            },
            {
              "name": "mid", "method": "reinforce", "steps": 20, "prompts": 4, "groupSize": 4,
              "learningRate": { "peak": 0.01 }, "objective": { "klWeight": 0.01 },
              "tasks": [
                {
                  "type": "nextToken", "weight": 2, "maxThinkTokens": 24, "budget": { "initial": 20, "decay": 0.3 },
                  "curriculum": { "documents": 12 }, "reward": { "match": "token", "lengthWeight": 0.4 }
                },
                {
                  "type": "spanRestoration", "maxThinkTokens": 8, "maxAnswerTokens": 8, "maxSpanTokens": 4, "wholeWords": false,
                  "reward": { "match": "editSimilarity" }
                }
              ]
            }
          ],
          "evaluation": { "nextTokenPerTier": 4, "restorations": 4, "lossDocuments": 4, "lossEvery": 10, "bootstrapSamples": 20 },
          "checkpoints": { "every": 3, "keep": 2 }
        }
        """;

    private static DirectoryInfo? s_folder;

    public static string Recipe => Path.Combine(s_folder!.FullName, "tiny.jsonc");

    public static string Folder => Path.Combine(s_folder!.FullName, "whole");

    internal static CommandRun Result { get; private set; } = new(-1, "", "");

    [OneTimeSetUp]
    public void Train()
    {
        s_folder = Directory.CreateTempSubdirectory("rlm-whole-");
        File.WriteAllText(Recipe, Text);
        Result = CommandRun.InProcess("train", Recipe, "--out", Folder);
        Assert.That((Result.Code, Result.Error), Is.EqualTo((0, "")));
    }

    [OneTimeTearDown]
    public void Remove() => s_folder?.Delete(recursive: true);

    public static RunSummary SummaryOf(string folder) =>
        JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(folder, "summary.json")), SummaryJson.Default.RunSummary)!;

    /// <summary>The folder holds a finished run that is the whole one, bit for bit: weights, every step once, rollouts, evaluations.</summary>
    public static void AssertSame(string folder)
    {
        Assert.That(SummaryOf(folder).WeightsSha256, Is.EqualTo(SummaryOf(Folder).WeightsSha256));
        Assert.That(RunSummary.ReadMetrics(folder).Select(step => step.Step), Is.EqualTo(Enumerable.Range(1, Steps)), "every step once");
        Assert.That(RunSummary.ReadMetrics(folder).Select(Untimed), Is.EqualTo(RunSummary.ReadMetrics(Folder).Select(Untimed)));
        foreach (string file in new[] { "rollouts.jsonl", "state/evaluation-first.json", "state/evaluation-before.json", "state/evaluation-after.json" })
            Assert.That(File.ReadAllText(Path.Combine(folder, file)), Is.EqualTo(File.ReadAllText(Path.Combine(Folder, file))), file);
    }

    private static string Untimed(StepMetrics step) => string.Join(", ", step.Where(m => !m.Key.Contains("time/") && !m.Key.Contains("rate/")));
}
