using System.Text;
using System.Text.Json;

namespace RlmEngine.Tokenization;

/// <summary>Reads the parts of a tokenizer from the content of a tokenizer.json; what it cannot honour it refuses.</summary>
internal static class TokenizerJsonReader
{
    /// <summary>Reads the root object.</summary>
    /// <returns>The parts without files and special ids, and the id the post-processor puts first.</returns>
    /// <exception cref="InvalidDataException">A part is missing or of another kind.</exception>
    /// <exception cref="JsonException">The content is no JSON.</exception>
    public static (TokenizerParts Parts, int? Begin) Read(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw WhenWhole(reader, "the file holds no object");
        var fields = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        var builder = new VocabularyBuilder(maxTokens: json.Length);
        TokenizerModel? model = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            reader.Read();
            if (name == "model")
                model = TokenizerModel.Read(ref reader, builder);
            else
                fields[name] = JsonElement.ParseValue(ref reader);
        }

        // What follows the object is read as well: a file cut short or with more behind it is damaged.
        reader.Read();
        if (model is null)
            throw new InvalidDataException("\"model\" is missing or no object");
        var pipeline = TokenizerPipeline.Read(Field("normalizer"), Field("pre_tokenizer"), Field("post_processor"));
        List<AddedToken> added = Field("added_tokens") is { } list ? ReadAdded(list, builder) : [];
        var parts = new TokenizerParts
        {
            Bytes_V = builder.Tokens(),
            ByteTokens = builder.ByteTokens(),
            Merges = builder.Merges,
            Added = added,
            PreTokenizer = pipeline.PreTokenizer,
            AddsPrefixSpace = pipeline.AddsPrefixSpace,
            Normalizes = pipeline.Normalizes,
            WholePieces = model.IgnoresMerges ? builder.Index : null,
        };
        if (pipeline.Begin is < 0 || pipeline.Begin >= parts.Bytes_V.Length)
            throw new InvalidDataException($"the post-processor's id {pipeline.Begin} is not in the vocabulary");
        return (parts, pipeline.Begin);

        JsonElement? Field(string name) => fields.TryGetValue(name, out JsonElement value) ? value : null;
    }

    /// <summary>One added token of either file: its string and how it is found.</summary>
    public static (string Text, AddedToken Token) ReadAddedToken(JsonElement entry, int id)
    {
        bool isSpecial = TokenizerField.IsTrue(entry, "special", absent: false);
        return (TokenizerField.TextOf(entry, "content"), new AddedToken(
            id, isSpecial,
            IsSingleWord: TokenizerField.IsTrue(entry, "single_word", absent: false),
            StripsLeft: TokenizerField.IsTrue(entry, "lstrip", absent: false),
            StripsRight: TokenizerField.IsTrue(entry, "rstrip", absent: false),
            IsNormalized: TokenizerField.IsTrue(entry, "normalized", absent: !isSpecial)));
    }

    private static List<AddedToken> ReadAdded(JsonElement list, VocabularyBuilder builder)
    {
        if (list.ValueKind != JsonValueKind.Array)
            throw new InvalidDataException("\"added_tokens\" is no array");
        var texts = new HashSet<string>(StringComparer.Ordinal);
        var added = new List<AddedToken>();
        foreach (JsonElement entry in list.EnumerateArray())
        {
            (string text, AddedToken token) = ReadAddedToken(entry, TokenizerField.Member(entry, "id", JsonValueKind.Number).GetInt32());
            if (text.Length == 0 || !texts.Add(text))
                throw new InvalidDataException($"the added token \"{text}\" is empty or stands twice");
            builder.AddString(Encoding.UTF8.GetBytes(text), token.Id);
            added.Add(token);
        }

        // Special ones come first: of equal normalized strings they are the ones found.
        return [.. added.OrderByDescending(token => token.IsSpecial)];
    }

    /// <summary>Reads on to the end, so that a damaged file is called that rather than a file of another kind.</summary>
    private static InvalidDataException WhenWhole(Utf8JsonReader reader, string problem)
    {
        while (reader.Read())
        {
        }

        return new InvalidDataException(problem);
    }
}
