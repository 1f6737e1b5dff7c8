using System.Globalization;
using System.Text;
using System.Text.Json;

namespace RlmEngine.Tokenization;

/// <summary>Reads a tokenizer from vocab.json and merges.txt, the form that came before tokenizer.json.</summary>
internal static class VocabularyFiles
{
    /// <summary>Tokens and their ids.</summary>
    public const string VocabularyFileName = "vocab.json";

    /// <summary>The merges, one a line.</summary>
    public const string MergesFileName = "merges.txt";

    /// <summary>Added tokens and their ids.</summary>
    public const string AddedFileName = "added_tokens.json";

    private const string ClassField = "tokenizer_class";

    /// <summary>Reads the parts; tokenizer_config.json's class says which pattern cuts the text.</summary>
    /// <exception cref="InvalidDataException">A file is wrong, or the class is of another kind.</exception>
    public static TokenizerParts Read(string folder, Dictionary<string, byte[]> files, JsonElement? config)
    {
        bool isQwen = IsQwen(folder, config);
        byte[] vocabulary = files[VocabularyFileName];
        var builder = new VocabularyBuilder(maxTokens: vocabulary.Length + files.Values.Sum(file => file.Length));
        var reader = new Utf8JsonReader(vocabulary);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw new InvalidDataException("the file holds no object");
        TokenizerModel.ReadVocabulary(ref reader, builder);
        reader.Read();
        int[] byteTokens = builder.ByteTokens();
        ReadMerges(files[MergesFileName], builder);
        List<AddedToken> added = ReadAdded(files, config, builder);
        return new TokenizerParts
        {
            Bytes_V = builder.Tokens(),
            ByteTokens = byteTokens,
            Merges = builder.Merges,
            Added = added,
            PreTokenizer = isQwen ? WordPreTokenizer.Qwen2 : Gpt2PreTokenizer.Instance,
            AddsPrefixSpace = !isQwen && config is { } fields && TokenizerField.IsTrue(fields, "add_prefix_space", absent: false),
            Normalizes = isQwen,
        };
    }

    private static bool IsQwen(string folder, JsonElement? config)
    {
        string? name = config is { } fields && fields.TryGetProperty(ClassField, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
        return name switch
        {
            "Qwen2Tokenizer" or "Qwen2TokenizerFast" => true,
            "GPT2Tokenizer" or "GPT2TokenizerFast" => false,
            _ => throw new InvalidDataException(
                $"{(name is null ? $"{TokenizerJson.ConfigFileName} names no {ClassField}" : $"the {ClassField} {name} is not supported")}"
                + $"; without {TokenizerJson.FileName} it must be GPT2Tokenizer or Qwen2Tokenizer (in {folder})"),
        };
    }

    private static void ReadMerges(ReadOnlySpan<byte> file, VocabularyBuilder builder)
    {
        bool isFirst = true;
        foreach (Range range in file.Split((byte)'\n'))
        {
            ReadOnlySpan<byte> line = file[range].TrimEnd((byte)'\r');
            bool isComment = isFirst && line.StartsWith("#version"u8);
            isFirst = false;
            if (line.IsEmpty || isComment)
                continue;
            int space = line.IndexOf((byte)' ');
            if (space < 0)
                throw builder.WrongMerge(line, default);
            builder.AddMerge(line[..space], line[(space + 1)..]);
        }
    }

    private static List<AddedToken> ReadAdded(Dictionary<string, byte[]> files, JsonElement? config, VocabularyBuilder builder)
    {
        var added = new SortedDictionary<int, AddedToken>();
        if (config is { } fields && fields.TryGetProperty("added_tokens_decoder", out JsonElement decoder))
        {
            foreach (JsonProperty entry in decoder.EnumerateObject())
            {
                if (!int.TryParse(entry.Name, NumberStyles.None, CultureInfo.InvariantCulture, out int id))
                    throw new InvalidDataException($"added_tokens_decoder's id \"{entry.Name}\" is no whole number");
                (string text, AddedToken token) = TokenizerJsonReader.ReadAddedToken(entry.Value, id);
                Add(text, token);
            }
        }
        else if (files.TryGetValue(AddedFileName, out byte[]? json))
        {
            using JsonDocument document = JsonDocument.Parse(json);
            foreach (JsonProperty entry in document.RootElement.EnumerateObject())
                Add(entry.Name, new AddedToken(entry.Value.GetInt32(), IsSpecial: false));
        }

        if (builder.Index.IdOf("<|endoftext|>"u8) is int end and >= 0)
            added.TryAdd(end, new AddedToken(end, IsSpecial: true));
        return [.. added.Values.OrderByDescending(token => token.IsSpecial)];

        void Add(string text, AddedToken token)
        {
            if (text.Length == 0 || !added.TryAdd(token.Id, token))
                throw new InvalidDataException($"the added token \"{text}\" is empty or its id stands twice");
            builder.AddString(Encoding.UTF8.GetBytes(text), token.Id);
        }
    }
}
