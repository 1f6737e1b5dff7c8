using System.Text.Json.Nodes;
using RlmEngine.Evaluation.Suites;
using RlmEngine.Recipes;
using RlmEngine.Tokenization;

namespace RlmEngine.Transformer.Tests.Evaluation;

/// <summary>A small model with random weights that writes and scores bytes, and tasks for it.</summary>
internal sealed class TinySuite : IDisposable
{
    public const int ContextLength = 120;

    public TinySuite()
    {
        Tokenizer = ByteLevelBpeTrainer.Train([], 256 + SpecialTokenText.All.Count, 0);
        ModelConfig config = TestModels.Config(ModelFamily.Qwen3) with { VocabularySize = Tokenizer.VocabularySize, ContextLength = ContextLength };
        Policy = TestModels.Create(config);
        Model = SuiteModel.Of(Policy, Tokenizer, "tiny");
    }

    public ByteLevelBpe Tokenizer { get; }

    public TransformerPolicy Policy { get; }

    public SuiteModel Model { get; }

    /// <summary>Three samples of up to seven tokens at temperature 1.2, two filters.</summary>
    public static SuiteTask Sampled { get; } = new()
    {
        Task = "sampled",
        TestSplit = ["t.jsonl"],
        DocToText = "Q{{q}}",
        DocToTarget = "{{a}}",
        NumFewShot = 1,
        Repeats = 3,
        Generation = new GenerationOptions { MaxTokens = 7, DoSample = true, Temperature = 1.2, TopP = 0.9, Until = ["e", "\n\n"] },
        Filters =
        [
            new FilterOptions { Name = "whole", Steps = [] },
            new FilterOptions { Name = "letters", Steps = [new FilterStep { Function = "regex", Pattern = "[a-z]+" }] },
        ],
        Metrics = [new MetricOptions { Metric = "exact_match" }],
    };

    /// <summary>Three subtasks of choices that differ in length.</summary>
    public static SuiteTask Choices { get; } = new()
    {
        Task = "choices",
        TestSplit = ["t.jsonl"],
        OutputType = "multiple_choice",
        SubtaskField = "s",
        Description = "About {{s}}.\n",
        DocToText = "Q{{q}} ",
        DocToChoice = ["{{a}}", "no", "é, or {{q}}"],
        DocToTarget = "0",
        NumFewShot = 2,
        Metrics = [new MetricOptions { Metric = "acc" }, new MetricOptions { Metric = "acc_norm" }, new MetricOptions { Metric = "acc_bytes" }],
    };

    /// <summary>Documents of uneven length; subtasks take turns; the last question does not fit in the context.</summary>
    public static SuiteData Data(int count)
    {
        SuiteDocument[] documents = [.. Enumerable.Range(0, count).Select(i => DocumentOf(i, i == count - 1 ? new string('w', 90) : new string('x', i % 4) + i))];
        SuiteDocument[] examples = [.. Enumerable.Range(0, 6).Select(i => DocumentOf(i, $"e{i}"))];
        return new SuiteData(documents, examples);
    }

    public void Dispose() => Policy.Dispose();

    private static SuiteDocument DocumentOf(int id, string question) =>
        new(id, new JsonObject { ["q"] = question, ["a"] = $"{id * 7 % 11}", ["s"] = $"s{id % 3}" });
}
