using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using RlmEngine.Advantages;
using RlmEngine.Corpus;
using RlmEngine.Curriculum;
using RlmEngine.Evaluation;
using RlmEngine.Evaluation.Suites;
using RlmEngine.Losses;
using RlmEngine.Rewards;
using RlmEngine.Rollouts;
using RlmEngine.Tasks;
using RlmEngine.Tokenization;

namespace RlmEngine.Recipes;

/// <summary>The default of every optional field, taken from the records themselves; required fields are left out.</summary>
internal static class RecipeDefaults
{
    private static readonly LearningRateOptions s_learningRate = new() { Peak = 0 };

    private static readonly Dictionary<Type, RecipeNode> s_defaults = new object[]
    {
        new Recipe { Name = "", Stages = [] },
        new StageOptions { Name = "", Method = default, Steps = 0, LearningRate = s_learningRate },
        s_learningRate,
        new TaskOptions { Type = default },
        new CorpusOptions(),
        new WorldOptions(),
        new TokenizerOptions(),
        new ModelOptions(),
        new OptimizerOptions(),
        new EvaluationOptions(),
        new CheckpointOptions(),
        new SamplingOptions(),
        new DynamicSamplingOptions(),
        new PromptOptions(),
        new ProblemOptions(),
        new AdvantageOptions(),
        new CurriculumOptions(),
        new BudgetOptions(),
        new ObjectiveOptions(),
        new RewardOptions(),
        new SuiteOptions { Suite = "", Tasks = [] },
        new SuiteTask { Task = "", TestSplit = [], DocToText = "", DocToTarget = "", Metrics = [] },
        new SuiteMetadata(),
        new DocumentRange(),
        new FewShotOptions(),
        new GenerationOptions(),
        new FilterOptions { Name = "", Steps = [] },
        new FilterStep { Function = "" },
        new MetricOptions { Metric = "" },
        new SuiteGroup { Group = "", Members = [] },
    }.ToDictionary(value => value.GetType(), Node);

    /// <summary>The default object of a record type.</summary>
    /// <exception cref="InvalidOperationException">The type is not one of a recipe's records.</exception>
    public static RecipeNode For(Type type) => s_defaults.TryGetValue(type, out RecipeNode? node)
        ? node
        : throw new InvalidOperationException($"{type} has no default in {nameof(RecipeDefaults)}");

    private static RecipeNode Node(object value)
    {
        JsonTypeInfo type = RecipeJson.Strict.GetTypeInfo(value.GetType())
            ?? throw new InvalidOperationException($"{value.GetType()} is not part of {nameof(RecipeJson)}");
        RecipeNode node = RecipeParser.ParseDefaults(JsonSerializer.SerializeToUtf8Bytes(value, type));
        foreach (JsonPropertyInfo property in type.Properties.Where(p => p.IsRequired))
            _ = node.Fields.Remove(property.Name);
        return node;
    }
}
