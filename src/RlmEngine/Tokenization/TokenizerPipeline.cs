using System.Text.Json;

namespace RlmEngine.Tokenization;

/// <summary>
/// What a tokenizer.json declares beside its model. Only what the engine does may stand there, else every id would be silently wrong.
/// </summary>
/// <param name="PreTokenizer">Cuts text into pieces.</param>
/// <param name="AddsPrefixSpace">True where text gets a space before it.</param>
/// <param name="Normalizes">True where text is brought into NFC.</param>
/// <param name="Begin">The id the post-processor puts before a text, or null.</param>
internal sealed record TokenizerPipeline(PreTokenizer PreTokenizer, bool AddsPrefixSpace, bool Normalizes, int? Begin)
{
    /// <summary>Reads the three parts; each may be null.</summary>
    /// <exception cref="InvalidDataException">A part is not supported; the message names it.</exception>
    public static TokenizerPipeline Read(JsonElement? normalizer, JsonElement? preTokenizer, JsonElement? postProcessor)
    {
        if (preTokenizer is not { ValueKind: JsonValueKind.Object } cutting)
            throw new InvalidDataException("\"pre_tokenizer\" is missing or no object; byte-level BPE has Split and ByteLevel there, or ByteLevel alone");
        (PreTokenizer scanner, bool addsPrefixSpace) = ReadPreTokenizer(cutting);
        return new TokenizerPipeline(scanner, addsPrefixSpace, IsNfc(normalizer), BeginOf(postProcessor));
    }

    private static bool IsNfc(JsonElement? normalizer)
    {
        if (normalizer is not { } part || part.ValueKind == JsonValueKind.Null)
            return false;
        string type = TokenizerField.TextOf(part, "type");
        return type switch
        {
            "NFC" => true,
            "Sequence" => TokenizerField.Member(part, "normalizers", JsonValueKind.Array).EnumerateArray().Aggregate(false, (any, one) => IsNfc(one) | any),
            _ => throw new InvalidDataException($"the normalizer {type} is not supported; NFC is"),
        };
    }

    private static (PreTokenizer Scanner, bool AddsPrefixSpace) ReadPreTokenizer(JsonElement part)
    {
        JsonElement[] steps = TokenizerField.TextOf(part, "type") == "Sequence"
            ? [.. TokenizerField.Member(part, "pretokenizers", JsonValueKind.Array).EnumerateArray()]
            : [part];
        string[] types = [.. steps.Select(step => TokenizerField.TextOf(step, "type"))];
        if (types is ["ByteLevel"] && TokenizerField.IsTrue(steps[0], "use_regex", absent: true))
            return (Gpt2PreTokenizer.Instance, TokenizerField.IsTrue(steps[0], "add_prefix_space", absent: true));
        if (types is not ["Split", "ByteLevel"] || TokenizerField.IsTrue(steps[1], "use_regex", absent: true)
            || TokenizerField.IsTrue(steps[1], "add_prefix_space", absent: true))
            throw new InvalidDataException(
                $"the pre-tokenizer ({string.Join(", ", types)}) is neither ByteLevel with use_regex nor Split, then ByteLevel without use_regex and add_prefix_space");
        return (SplitOf(steps[0]), false);
    }

    private static PreTokenizer SplitOf(JsonElement split)
    {
        // The patterns match every character, so their matches isolated, and all but what lies between the matches removed, is the same.
        string behavior = TokenizerField.TextOf(split, "behavior");
        if (behavior != "Isolated" && (behavior != "Removed" || !TokenizerField.IsTrue(split, "invert", absent: false)))
            throw new InvalidDataException($"the pre-tokenizer's behavior {behavior} is not supported; Isolated is");
        string pattern = TokenizerField.TextOf(TokenizerField.Member(split, "pattern", JsonValueKind.Object), "Regex");
        return PreTokenizer.ForPattern(pattern)
            ?? throw new InvalidDataException($"the pre-tokenizer's pattern {pattern} is not supported; {PreTokenizer.Known} are");
    }

    private static int? BeginOf(JsonElement? postProcessor)
    {
        if (postProcessor is not { } part || part.ValueKind == JsonValueKind.Null)
            return null;
        string type = TokenizerField.TextOf(part, "type");
        return type switch
        {
            "ByteLevel" => null,
            "TemplateProcessing" => TemplateBegin(part),
            "Sequence" => TokenizerField.Member(part, "processors", JsonValueKind.Array).EnumerateArray().Select(one => BeginOf(one))
                .FirstOrDefault(begin => begin is not null),
            _ => throw new InvalidDataException($"the post-processor {type} is not supported; ByteLevel and TemplateProcessing are"),
        };
    }

    private static int? TemplateBegin(JsonElement part)
    {
        JsonElement[] single = [.. TokenizerField.Member(part, "single", JsonValueKind.Array).EnumerateArray()];
        if (single.Length == 0 || !single[0].TryGetProperty("SpecialToken", out JsonElement first))
            return null;
        string name = TokenizerField.TextOf(first, "id");
        JsonElement ids = TokenizerField.Member(TokenizerField.Member(TokenizerField.Member(part, "special_tokens", JsonValueKind.Object), name, JsonValueKind.Object), "ids", JsonValueKind.Array);
        return ids.GetArrayLength() == 1
            ? ids[0].GetInt32()
            : throw new InvalidDataException($"the post-processor's token {name} is not one id");
    }
}
