using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace RlmEngine.Evaluation;

/// <summary>One answer to one held-out question: what intervals over documents and paired tests between runs are made from.</summary>
/// <remarks>Runs of one seed are asked the same questions, so (kind, document, position, sample) pairs their answers.</remarks>
public sealed record EvaluationItem
{
    /// <summary>Steps of all stages done when it was asked.</summary>
    public int Step { get; init; }

    /// <summary>before, during or after.</summary>
    public string When { get; init; } = "";

    /// <summary>nextToken, restoration or problem.</summary>
    public required string Kind { get; init; }

    /// <summary>think, or direct for argmax without a thought.</summary>
    public required string Mode { get; init; }

    /// <summary>The document, by the first 64 bits of its text's SHA-256, lower-case hex.</summary>
    public required string Document { get; init; }

    /// <summary>Place of the token or of the span's first token in the document; 0 for a problem.</summary>
    public required int Position { get; init; }

    /// <summary>easy, medium or hard by the token's entropy; for a problem the kind of problem; null where there is none.</summary>
    public string? Tier { get; init; }

    /// <summary>Which of the question's completions it is, from 0.</summary>
    public int Sample { get; init; }

    /// <summary>1 when it is right (a span: restored exactly), else 0; a format failure is 0.</summary>
    public required int Correct { get; init; }

    /// <summary>The match reward, in [0, 1] but for log-probability rewards.</summary>
    public required double Score { get; init; }

    /// <summary>Think length ℓ, tokens.</summary>
    public int ThinkTokens { get; init; }

    /// <summary>Tokens of the whole response.</summary>
    public int Tokens { get; init; }

    /// <summary>True without a closed thought or without an ended answer.</summary>
    public bool FormatFailure { get; init; }

    /// <summary>One line of evaluation-items.jsonl.</summary>
    public string ToJsonLine() => JsonSerializer.Serialize(this, EvaluationItemJson.Default.EvaluationItem);

    /// <summary>Reads evaluation-items.jsonl.</summary>
    /// <exception cref="InvalidDataException">A line is no item; names file and line.</exception>
    public static IReadOnlyList<EvaluationItem> Read(string file)
    {
        var items = new List<EvaluationItem>();
        foreach (string line in File.ReadLines(file, Encoding.UTF8))
        {
            try
            {
                items.Add(JsonSerializer.Deserialize(line, EvaluationItemJson.Default.EvaluationItem) ?? throw new JsonException("null"));
            }
            catch (JsonException e)
            {
                throw new InvalidDataException($"{file}: line {items.Count + 1} is no evaluation item: {e.Message}", e);
            }
        }
        return items;
    }
}

/// <summary>JSON of evaluation items: camelCase, null fields left out.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(EvaluationItem))]
internal sealed partial class EvaluationItemJson : JsonSerializerContext;
