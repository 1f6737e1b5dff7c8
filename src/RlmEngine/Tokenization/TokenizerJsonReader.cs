using System.Text;
using System.Text.Json;

namespace RlmEngine.Tokenization;

/// <summary>Makes a tokenizer from the content of a tokenizer.json; what it cannot honour it refuses.</summary>
internal static class TokenizerJsonReader
{
    /// <summary>Reads the root object.</summary>
    /// <exception cref="InvalidDataException">A part is missing or of another kind.</exception>
    public static ByteLevelBpe Read(JsonElement root)
    {
        CheckPipeline(root);
        JsonElement model = Member(root, "model", JsonValueKind.Object);
        if (TextOf(model, "type") != "BPE")
            throw new InvalidDataException("model.type is not BPE");
        if (model.TryGetProperty("ignore_merges", out JsonElement ignore) && ignore.ValueKind == JsonValueKind.True)
            throw new InvalidDataException("model.ignore_merges is true, which is not supported");
        var byText = new Dictionary<string, int>(StringComparer.Ordinal);
        var tokens = new SortedDictionary<int, byte[]>();
        foreach (JsonProperty entry in Member(model, "vocab", JsonValueKind.Object).EnumerateObject())
        {
            byte[] bytes = ByteAlphabet.ToBytes(entry.Name)
                ?? throw new InvalidDataException($"the token \"{entry.Name}\" is not of the byte-level alphabet");
            AddToken(tokens, entry.Value.GetInt32(), bytes);
            byText.Add(entry.Name, entry.Value.GetInt32());
        }

        CheckBytes(byText);
        List<Merge> merges = ReadMerges(Member(model, "merges", JsonValueKind.Array), byText);
        List<AddedToken> added = ReadAdded(root, tokens);
        if (tokens.Keys.First() != 0 || tokens.Keys.Last() != tokens.Count - 1)
            throw new InvalidDataException($"its {tokens.Count} ids are not 0 to {tokens.Count - 1}");
        return new ByteLevelBpe([.. tokens.Values], merges, added);
    }

    /// <summary>Only what <see cref="PreTokenizer"/> does may stand in the file, else every id would be silently wrong.</summary>
    private static void CheckPipeline(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
            throw new InvalidDataException("the file holds no object");
        if (root.TryGetProperty("normalizer", out JsonElement normalizer) && normalizer.ValueKind != JsonValueKind.Null
            && TextOf(normalizer, "type") != "NFC")
            throw new InvalidDataException($"the normalizer {TextOf(normalizer, "type")} is not supported");
        JsonElement[] steps = [.. Member(Member(root, "pre_tokenizer", JsonValueKind.Object), "pretokenizers", JsonValueKind.Array).EnumerateArray()];
        if (steps.Length != 2 || TextOf(steps[0], "type") != "Split" || TextOf(steps[1], "type") != "ByteLevel")
            throw new InvalidDataException("the pre-tokenizer is not Split, then ByteLevel");
        if (TextOf(Member(steps[0], "pattern", JsonValueKind.Object), "Regex") != PreTokenizer.Pattern)
            throw new InvalidDataException("the pre-tokenizer's pattern is not Qwen2's, the only one supported");
    }

    private static void CheckBytes(Dictionary<string, int> byText)
    {
        for (int value = 0; value < 256; value++)
        {
            if (!byText.ContainsKey(ByteAlphabet.ToText([(byte)value])))
                throw new InvalidDataException($"the vocabulary lacks the byte {value}");
        }
    }

    private static List<Merge> ReadMerges(JsonElement array, Dictionary<string, int> byText)
    {
        var merges = new List<Merge>(array.GetArrayLength());
        foreach (JsonElement entry in array.EnumerateArray())
        {
            // Files before tokenizers 0.20 hold "left right", later ones ["left", "right"].
            string[] pair = entry.ValueKind == JsonValueKind.String
                ? entry.GetString()!.Split(' ')
                : [.. entry.EnumerateArray().Select(part => part.GetString() ?? "")];
            if (pair.Length != 2 || !byText.TryGetValue(pair[0], out int left) || !byText.TryGetValue(pair[1], out int right)
                || !byText.TryGetValue(pair[0] + pair[1], out int merged))
                throw new InvalidDataException($"merge {merges.Count} ({string.Join(' ', pair)}) is not of two tokens of the vocabulary that make a third");
            merges.Add(new Merge(left, right, merged));
        }

        return merges;
    }

    private static List<AddedToken> ReadAdded(JsonElement root, SortedDictionary<int, byte[]> tokens)
    {
        var added = new Dictionary<string, AddedToken>(StringComparer.Ordinal);
        foreach (JsonElement entry in Member(root, "added_tokens", JsonValueKind.Array).EnumerateArray())
        {
            string text = TextOf(entry, "content");
            int id = Member(entry, "id", JsonValueKind.Number).GetInt32();
            bool isSpecial = entry.TryGetProperty("special", out JsonElement special) && special.ValueKind == JsonValueKind.True;
            if (text.Length == 0 || !added.TryAdd(text, new AddedToken(id, isSpecial)))
                throw new InvalidDataException($"the added token \"{text}\" is empty or stands twice");
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            if (!tokens.TryGetValue(id, out byte[]? known) || !known.AsSpan().SequenceEqual(bytes))
                AddToken(tokens, id, bytes);
        }

        foreach (string text in SpecialTokenText.All)
        {
            if (added.TryAdd(text, new AddedToken(tokens.Count, IsSpecial: true)))
                AddToken(tokens, tokens.Count, Encoding.UTF8.GetBytes(text));
        }

        return [.. added.Values];
    }

    private static void AddToken(SortedDictionary<int, byte[]> tokens, int id, byte[] bytes)
    {
        if (id < 0 || !tokens.TryAdd(id, bytes))
            throw new InvalidDataException($"the id {id} stands twice or is negative");
    }

    private static JsonElement Member(JsonElement parent, string name, JsonValueKind kind)
    {
        if (!parent.TryGetProperty(name, out JsonElement member) || member.ValueKind != kind)
            throw new InvalidDataException($"\"{name}\" is missing or no {kind}");
        return member;
    }

    private static string TextOf(JsonElement parent, string name) => Member(parent, name, JsonValueKind.String).GetString()!;
}
