using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace RlmEngine.Tokenization;

/// <summary>Hugging Face's tokenizer.json and tokenizer_config.json. Source: huggingface/tokenizers, models/bpe/serialization.rs.</summary>
internal static class TokenizerJson
{
    public const string FileName = "tokenizer.json";
    public const string ConfigFileName = "tokenizer_config.json";

    private static readonly JsonWriterOptions _format = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes both files.</summary>
    public static void Write(ByteLevelBpe tokenizer, string folder)
    {
        WriteFile(Path.Combine(folder, FileName), json => WriteTokenizer(json, tokenizer));
        WriteFile(Path.Combine(folder, ConfigFileName), json => WriteConfig(json, tokenizer));
    }

    private static void WriteFile(string path, Action<Utf8JsonWriter> write)
    {
        using FileStream file = File.Create(path);
        using var json = new Utf8JsonWriter(file, _format);
        write(json);
    }

    private static void WriteTokenizer(Utf8JsonWriter json, ByteLevelBpe tokenizer)
    {
        json.WriteStartObject();
        json.WriteString("version", "1.0");
        json.WriteNull("truncation");
        json.WriteNull("padding");
        json.WriteStartArray("added_tokens");
        foreach (AddedToken token in tokenizer.Added)
        {
            json.WriteStartObject();
            json.WriteNumber("id", token.Id);
            WriteAddedToken(json, tokenizer, token);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNull("normalizer");
        WritePreTokenizer(json);
        json.WriteNull("post_processor");
        json.WriteStartObject("decoder");
        WriteByteLevel(json);
        json.WriteEndObject();
        WriteModel(json, tokenizer);
        json.WriteEndObject();
    }

    private static void WritePreTokenizer(Utf8JsonWriter json)
    {
        json.WriteStartObject("pre_tokenizer");
        json.WriteString("type", "Sequence");
        json.WriteStartArray("pretokenizers");
        json.WriteStartObject();
        json.WriteString("type", "Split");
        json.WriteStartObject("pattern");
        json.WriteString("Regex", WordPreTokenizer.Qwen2.Pattern);
        json.WriteEndObject();
        json.WriteString("behavior", "Isolated");
        json.WriteBoolean("invert", false);
        json.WriteEndObject();
        json.WriteStartObject();
        WriteByteLevel(json);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteByteLevel(Utf8JsonWriter json)
    {
        json.WriteString("type", "ByteLevel");
        json.WriteBoolean("add_prefix_space", false);
        json.WriteBoolean("trim_offsets", false);
        json.WriteBoolean("use_regex", false);
    }

    private static void WriteModel(Utf8JsonWriter json, ByteLevelBpe tokenizer)
    {
        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        json.WriteNull("dropout");
        json.WriteNull("unk_token");
        json.WriteString("continuing_subword_prefix", "");
        json.WriteString("end_of_word_suffix", "");
        json.WriteBoolean("fuse_unk", false);
        json.WriteBoolean("byte_fallback", false);
        json.WriteBoolean("ignore_merges", false);
        json.WriteStartObject("vocab");
        HashSet<int> added = [.. tokenizer.Added.Select(token => token.Id)];
        for (int id = 0; id < tokenizer.VocabularySize; id++)
        {
            if (!added.Contains(id))
                json.WriteNumber(ByteAlphabet.ToText(tokenizer.BytesOf(id)), id);
        }

        json.WriteEndObject();
        json.WriteStartArray("merges");
        foreach (Merge merge in tokenizer.Merges)
            json.WriteStringValue($"{ByteAlphabet.ToText(tokenizer.BytesOf(merge.Left))} {ByteAlphabet.ToText(tokenizer.BytesOf(merge.Right))}");
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteConfig(Utf8JsonWriter json, ByteLevelBpe tokenizer)
    {
        json.WriteStartObject();
        json.WriteBoolean("add_bos_token", false);
        json.WriteBoolean("add_prefix_space", false);
        json.WriteStartObject("added_tokens_decoder");
        foreach (AddedToken token in tokenizer.Added)
        {
            json.WriteStartObject(token.Id.ToString(System.Globalization.CultureInfo.InvariantCulture));
            WriteAddedToken(json, tokenizer, token);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteString("bos_token", SpecialTokenText.End);
        json.WriteBoolean("clean_up_tokenization_spaces", false);
        json.WriteString("eos_token", SpecialTokenText.End);
        json.WriteString("mask_token", SpecialTokenText.Mask);
        json.WriteString("pad_token", SpecialTokenText.Pad);
        json.WriteString("tokenizer_class", "PreTrainedTokenizerFast");
        json.WriteNull("unk_token");
        json.WriteEndObject();
    }

    private static void WriteAddedToken(Utf8JsonWriter json, ByteLevelBpe tokenizer, AddedToken token)
    {
        json.WriteString("content", Encoding.UTF8.GetString(tokenizer.BytesOf(token.Id)));
        json.WriteBoolean("single_word", false);
        json.WriteBoolean("lstrip", false);
        json.WriteBoolean("rstrip", false);
        json.WriteBoolean("normalized", false);
        json.WriteBoolean("special", token.IsSpecial);
    }
}
