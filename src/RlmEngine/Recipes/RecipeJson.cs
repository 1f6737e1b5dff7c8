using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using RlmEngine.Corpus;
using RlmEngine.Curriculum;
using RlmEngine.Evaluation.Suites;
using RlmEngine.Kernels.Rollout;
using RlmEngine.Losses;
using RlmEngine.Policies;
using RlmEngine.Rewards;
using RlmEngine.Tasks;

namespace RlmEngine.Recipes;

/// <summary>Source-generated JSON of the recipe's records: camelCase names, enums by camelCase name, unknown fields refused.</summary>
[JsonSerializable(typeof(Recipe))]
[JsonSerializable(typeof(SuiteOptions))]
internal sealed partial class RecipeJson : JsonSerializerContext
{
    /// <summary>The context every recipe is read and written with.</summary>
    public static RecipeJson Strict { get; } = new(StrictOptions());

    private static JsonSerializerOptions StrictOptions() => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        AllowDuplicateProperties = false,
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters =
        {
            ByName<AdvantageLevel>(),
            ByName<AdvantageScale>(),
            ByName<Aggregation>(),
            ByName<KlEstimator>(),
            ByName<LearningRateSchedule>(),
            ByName<MatchReward>(),
            ByName<ProblemForm>(),
            ByName<ModelFamily>(),
            ByName<Recomputation>(),
            ByName<StageMethod>(),
            ByName<Surrogate>(),
            ByName<TaskType>(),
            ByName<TierRule>(),
            ByName<WeightType>(),
            ByName<WorldKind>(),
        },
    };

    private static JsonStringEnumConverter<T> ByName<T>()
        where T : struct, Enum => new(JsonNamingPolicy.CamelCase, allowIntegerValues: false);
}
