using System.Text;
using System.Text.Json;

namespace RlmEngine.Tokenization;

/// <summary>The "model" of a tokenizer.json. Source: huggingface/tokenizers, models/bpe/serialization.rs.</summary>
/// <param name="IgnoresMerges">True where a piece that is a token is that token.</param>
internal sealed record TokenizerModel(bool IgnoresMerges)
{
    /// <summary>Reads the object the reader stands at, its vocabulary and merges into the builder.</summary>
    /// <exception cref="InvalidDataException">It is not a byte-level BPE, or its parts do not fit together.</exception>
    public static TokenizerModel Read(ref Utf8JsonReader reader, VocabularyBuilder builder)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new InvalidDataException("\"model\" is missing or no object");
        var fields = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        // The merges are of ids that the vocabulary gives, which may stand behind them.
        Utf8JsonReader merges = default;
        bool hasVocabulary = false, hasMerges = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            reader.Read();
            if (name == "vocab" && reader.TokenType == JsonTokenType.StartObject)
            {
                ReadVocabulary(ref reader, builder);
                hasVocabulary = true;
            }
            else if (name == "merges" && reader.TokenType == JsonTokenType.StartArray)
            {
                merges = reader;
                reader.Skip();
                hasMerges = true;
            }
            else
            {
                fields[name] = JsonElement.ParseValue(ref reader);
            }
        }

        Check(fields);
        if (!hasVocabulary || !hasMerges)
            throw new InvalidDataException($"\"{(hasVocabulary ? "merges" : "vocab")}\" of the model is missing or of another kind");
        _ = builder.ByteTokens();
        ReadMerges(ref merges, builder);
        return new TokenizerModel(fields.TryGetValue("ignore_merges", out JsonElement ignores) && ignores.ValueKind == JsonValueKind.True);
    }

    /// <summary>Reads an object of tokens and ids, as vocab.json is one, too.</summary>
    public static void ReadVocabulary(ref Utf8JsonReader reader, VocabularyBuilder builder)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            ReadOnlySpan<byte> token = Utf8Of(ref reader);
            reader.Read();
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out int id))
                throw new InvalidDataException($"the id of the token \"{Encoding.UTF8.GetString(token)}\" is no whole number");
            builder.AddToken(token, id);
        }
    }

    private static void Check(Dictionary<string, JsonElement> fields)
    {
        if (fields.TryGetValue("type", out JsonElement type) && !(type.ValueKind == JsonValueKind.String && type.GetString() == "BPE"))
            throw new InvalidDataException("model.type is not BPE");
        foreach (string name in (string[])["continuing_subword_prefix", "end_of_word_suffix"])
        {
            if (fields.TryGetValue(name, out JsonElement text) && text.ValueKind == JsonValueKind.String && text.GetString()!.Length > 0)
                throw new InvalidDataException($"model.{name} is not empty, which is not supported");
        }

        if (fields.TryGetValue("dropout", out JsonElement dropout) && dropout.ValueKind == JsonValueKind.Number && dropout.GetDouble() > 0)
            throw new InvalidDataException("model.dropout is not 0, which is not supported");
    }

    private static void ReadMerges(ref Utf8JsonReader reader, VocabularyBuilder builder)
    {
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            // Files before tokenizers 0.20 hold "left right", later ones ["left", "right"].
            if (reader.TokenType == JsonTokenType.String)
            {
                ReadOnlySpan<byte> line = Utf8Of(ref reader);
                int space = line.IndexOf((byte)' ');
                if (space < 0 || line[(space + 1)..].Contains((byte)' '))
                    throw builder.WrongMerge(line, default);
                builder.AddMerge(line[..space], line[(space + 1)..]);
                continue;
            }

            if (reader.TokenType != JsonTokenType.StartArray || !reader.Read() || reader.TokenType != JsonTokenType.String)
                throw new InvalidDataException($"merge {builder.Merges.Count} is neither a string nor a pair of strings");
            ReadOnlySpan<byte> left = Utf8Of(ref reader);
            if (!reader.Read() || reader.TokenType != JsonTokenType.String)
                throw builder.WrongMerge(left, default);
            ReadOnlySpan<byte> right = Utf8Of(ref reader);
            if (!reader.Read() || reader.TokenType != JsonTokenType.EndArray)
                throw builder.WrongMerge(left, right);
            builder.AddMerge(left, right);
        }
    }

    private static ReadOnlySpan<byte> Utf8Of(ref Utf8JsonReader reader) =>
        reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(reader.GetString()!) : reader.ValueSpan;
}
