using System.Text;
using System.Text.Json;

namespace RlmEngine.Tokenization;

/// <summary>Finds the ids with a meaning of their own in what a folder's files say.</summary>
internal sealed class SpecialTokenResolver
{
    /// <summary>Strings that end a text in the published vocabularies, the first one found being meant.</summary>
    private static readonly string[] _ends = [SpecialTokenText.End, "<|end_of_text|>", "<｜end▁of▁sentence｜>", "</s>"];

    /// <summary>Strings that end a turn of a chat.</summary>
    private static readonly string[] _turnEnds = ["<|im_end|>", "<|eot_id|>", "<|eom_id|>"];

    private static readonly string[] _pads = [SpecialTokenText.Pad, "<|finetune_right_pad_id|>"];

    private readonly ByteLevelBpe _tokenizer;
    private readonly JsonElement? _config, _map, _generation;

    /// <summary>Makes a resolver of the content of tokenizer_config.json, special_tokens_map.json and generation_config.json, each where present.</summary>
    public SpecialTokenResolver(ByteLevelBpe tokenizer, JsonElement? config, JsonElement? map, JsonElement? generation)
    {
        _tokenizer = tokenizer;
        _config = config;
        _map = map;
        _generation = generation;
    }

    /// <summary>Those of a vocabulary trained here.</summary>
    public static SpecialTokens OfEngine(ByteLevelBpe tokenizer) =>
        new SpecialTokenResolver(tokenizer, null, null, null).Resolve(templateBegin: null, "the tokenizer");

    /// <summary>All of them.</summary>
    /// <param name="templateBegin">The id the post-processor puts first, or null.</param>
    /// <param name="source">Where the tokenizer comes from, for the message.</param>
    /// <exception cref="InvalidDataException">No token ends a text.</exception>
    public SpecialTokens Resolve(int? templateBegin, string source)
    {
        int end = FirstOf(_ends) ?? Named("eos_token") ?? GenerationEnds().Cast<int?>().FirstOrDefault()
            ?? throw new InvalidDataException($"{source}: no token of the vocabulary ends a text; name it as eos_token in {TokenizerJson.ConfigFileName}");
        int? begin = templateBegin ?? (IsSet("add_bos_token") ? Named("bos_token") : null);
        IEnumerable<int?> stops = [end, Named("eos_token"), .. GenerationEnds(), .. _turnEnds.Select(AddedId)];
        return new SpecialTokens
        {
            Begin = begin ?? end,
            End = end,
            Stops = [.. stops.OfType<int>().Distinct()],
            Pad = Named("pad_token") ?? FirstOf(_pads) ?? end,
            ThinkOpen = AddedId(SpecialTokenText.ThinkOpen),
            ThinkClose = AddedId(SpecialTokenText.ThinkClose),
            Mask = AddedId(SpecialTokenText.Mask),
        };
    }

    private int? FirstOf(string[] texts) => texts.Select(AddedId).FirstOrDefault(id => id is not null);

    private int? AddedId(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        foreach (AddedToken token in _tokenizer.Added)
        {
            if (_tokenizer.BytesOf(token.Id).SequenceEqual(bytes))
                return token.Id;
        }

        return null;
    }

    private int? Named(string field) => Named(_config, field) ?? Named(_map, field);

    /// <summary>A token named in a file: its string, or an object with its content; null where absent or unknown to the vocabulary.</summary>
    private int? Named(JsonElement? file, string field)
    {
        if (file is not { ValueKind: JsonValueKind.Object } root || !root.TryGetProperty(field, out JsonElement value))
            return null;
        if (value.ValueKind == JsonValueKind.Object && value.TryGetProperty("content", out JsonElement content))
            value = content;
        if (value.ValueKind != JsonValueKind.String)
            return null;
        int id = _tokenizer.IdOf(Encoding.UTF8.GetBytes(value.GetString()!));
        return id < 0 ? null : id;
    }

    private bool IsSet(string field) =>
        _config is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty(field, out JsonElement value) && value.ValueKind == JsonValueKind.True;

    private IEnumerable<int> GenerationEnds()
    {
        if (_generation is not { ValueKind: JsonValueKind.Object } root || !root.TryGetProperty("eos_token_id", out JsonElement value))
            return [];
        JsonElement[] ids = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : [value];
        return ids.Where(id => id.ValueKind == JsonValueKind.Number && id.TryGetInt32(out int number) && number >= 0 && number < _tokenizer.VocabularySize)
            .Select(id => id.GetInt32());
    }
}
