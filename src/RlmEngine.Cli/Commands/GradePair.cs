using System.Text.Json;
using RlmEngine.Grading;
using RlmEngine.Metrics;

namespace RlmEngine.Cli.Commands;

/// <summary>A line of a file of pairs.</summary>
/// <param name="Gold">The right answer.</param>
/// <param name="Prediction">The answer, or the response that states it.</param>
/// <param name="Expected">The verdict that is expected, where the line says so.</param>
/// <param name="Options">How to compare.</param>
internal sealed record GradePair(string Gold, string Prediction, bool? Expected, MathGradingOptions Options)
{
    /// <summary>Reads a line; null for a blank one.</summary>
    /// <exception cref="UserInputException">The line is no such object.</exception>
    public static GradePair? Read(byte[] line, string file, int number)
    {
        if (line.AsSpan().Trim(" \t\r\n"u8).IsEmpty)
            return null;
        try
        {
            using var document = JsonDocument.Parse(line);
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
                throw new UserInputException(file, number, "", "is no JSON object; one with gold and pred is needed");
            return new GradePair(Text(root, "gold", file, number), Text(root, "pred", file, number), Expectation(root, file, number), ReadOptions(root, file, number));
        }
        catch (JsonException exception)
        {
            throw new UserInputException(file, number, "", $"is no JSON: {exception.Message}");
        }
    }

    private static string Text(JsonElement root, string name, string file, int number)
    {
        if (!root.TryGetProperty(name, out JsonElement value))
            throw new UserInputException(file, number, name, "is missing; a string is needed");
        return value.ValueKind switch
        {
            JsonValueKind.String => Decoded(value),
            JsonValueKind.Number => value.GetRawText(),
            _ => throw new UserInputException(file, number, name, "is neither a string nor a number"),
        };
    }

    /// <summary>Half a surrogate pair, which JSON can escape but no text can hold, becomes the sign for what cannot be read.</summary>
    private static string Decoded(JsonElement value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return value.GetRawText();
        }
    }

    private static bool? Expectation(JsonElement root, string file, int number)
    {
        if (!root.TryGetProperty("equal", out JsonElement value) || value.ValueKind == JsonValueKind.Null)
            return null;
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? value.GetBoolean()
            : throw new UserInputException(file, number, "equal", "is neither true nor false");
    }

    private static MathGradingOptions ReadOptions(JsonElement root, string file, int number)
    {
        MathGradingOptions options = MathGradingOptions.Default;
        if (!root.TryGetProperty("options", out JsonElement fields) || fields.ValueKind == JsonValueKind.Null)
            return options;
        if (fields.ValueKind != JsonValueKind.Object)
            throw new UserInputException(file, number, "options", "is no JSON object");
        foreach (JsonProperty field in fields.EnumerateObject())
            options = With(options, field, file, number);
        return options;
    }

    /// <summary>Options by the names that Math-Verify gives them; those of timeouts and of parsing have no meaning here.</summary>
    private static MathGradingOptions With(MathGradingOptions options, JsonProperty field, string file, int number)
    {
        switch (field.Name)
        {
            case "precision" or "float_rounding":
                return field.Value.ValueKind == JsonValueKind.Number && field.Value.TryGetInt32(out int precision) && precision is >= 0 and <= 15
                    ? options with { Precision = precision }
                    : throw new UserInputException(file, number, $"options.{field.Name}", "is no whole number from 0 to 15");
            case "strict":
                return options with { IsStrict = Flag(field, file, number) };
            case "allow_set_relation_comp":
                return options with { AllowsSetRelation = Flag(field, file, number) };
            case "ignore_percent_sign":
                return options with { IgnoresPercentSign = Flag(field, file, number) };
            default:
                return options;
        }
    }

    private static bool Flag(JsonProperty field, string file, int number) =>
        field.Value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? field.Value.GetBoolean()
            : throw new UserInputException(file, number, $"options.{field.Name}", "is neither true nor false");
}
