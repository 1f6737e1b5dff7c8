using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using RlmEngine.Curriculum;
using RlmEngine.Policies;
using RlmEngine.Recipes;
using RlmEngine.Rewards;
using RlmEngine.Tasks;

namespace RlmEngine.Transformer.Planning;

/// <summary>Source-generated JSON of inspections and plans, for machines: camelCase names, indented.</summary>
[JsonSerializable(typeof(ModelInspection))]
[JsonSerializable(typeof(ModelFiles))]
[JsonSerializable(typeof(RunPlan))]
public sealed partial class PlanJson : JsonSerializerContext
{
    /// <summary>The context to write with.</summary>
    public static PlanJson Indented { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters =
        {
            new JsonStringEnumConverter<ModelFamily>(JsonNamingPolicy.CamelCase, allowIntegerValues: false),
            new JsonStringEnumConverter<TaskType>(JsonNamingPolicy.CamelCase, allowIntegerValues: false),
            new JsonStringEnumConverter<TierRule>(JsonNamingPolicy.CamelCase, allowIntegerValues: false),
            new JsonStringEnumConverter<MatchReward>(JsonNamingPolicy.CamelCase, allowIntegerValues: false),
            new JsonStringEnumConverter<Recomputation>(JsonNamingPolicy.CamelCase, allowIntegerValues: false),
            new JsonStringEnumConverter<WeightType>(JsonNamingPolicy.CamelCase, allowIntegerValues: false),
        },
    });
}
