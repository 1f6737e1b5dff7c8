using System.Text.Json;

namespace RlmEngine.Tokenization;

/// <summary>Reads the tokenizer of a folder from its files, and keeps these as they are, so that they can be written again unchanged.</summary>
public static class TokenizerFolder
{
    private const string MapFileName = "special_tokens_map.json", GenerationFileName = "generation_config.json";

    /// <summary>Files of a tokenizer, in Hugging Face's names; a folder holds some of them.</summary>
    public static IReadOnlyList<string> FileNames { get; } =
    [
        TokenizerJson.FileName, TokenizerJson.ConfigFileName, VocabularyFiles.VocabularyFileName, VocabularyFiles.MergesFileName, MapFileName,
        VocabularyFiles.AddedFileName, GenerationFileName, "chat_template.jinja", "chat_template.json",
    ];

    /// <summary>Reads tokenizer.json, else vocab.json and merges.txt, and what the files beside them say of special tokens.</summary>
    /// <exception cref="InvalidDataException">One line that names the file and what is wrong with it.</exception>
    public static ByteLevelBpe Read(string folder)
    {
        Dictionary<string, byte[]> files = ReadFiles(folder);
        JsonElement? config = Json(folder, TokenizerJson.ConfigFileName, files);
        JsonElement? map = Json(folder, MapFileName, files);
        JsonElement? generation = Json(folder, GenerationFileName, files);
        if (generation is not { } ends || !ends.TryGetProperty("eos_token_id", out _))
            generation = ModelConfig(folder) ?? generation;
        TokenizerParts parts;
        int? begin = null;
        if (files.TryGetValue(TokenizerJson.FileName, out byte[]? json))
            (parts, begin) = Guarded(folder, TokenizerJson.FileName, () => TokenizerJsonReader.Read(json));
        else
            parts = Guarded(folder, VocabularyFiles.VocabularyFileName, () => VocabularyFiles.Read(folder, files, config));
        return new ByteLevelBpe(parts with
        {
            Files = files,
            Special = tokenizer => new SpecialTokenResolver(tokenizer, config, map, generation).Resolve(begin, folder),
        });
    }

    /// <summary>config.json, which names the ends where generation_config.json does not; a damaged one is for the model's reader to refuse.</summary>
    private static JsonElement? ModelConfig(string folder)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "config.json")));
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    private static Dictionary<string, byte[]> ReadFiles(string folder)
    {
        string main = Path.Combine(folder, TokenizerJson.FileName);
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (string name in FileNames)
        {
            string path = Path.Combine(folder, name);
            try
            {
                files.Add(name, File.ReadAllBytes(path));
            }
            catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
            {
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw new InvalidDataException($"{path}: cannot be read: {OneLine(exception)}", exception);
            }
        }

        if (files.ContainsKey(TokenizerJson.FileName) || (files.ContainsKey(VocabularyFiles.VocabularyFileName) && files.ContainsKey(VocabularyFiles.MergesFileName)))
            return files;
        throw new InvalidDataException(
            $"{main}: no such file; a tokenizer's folder holds {TokenizerJson.FileName}, or {VocabularyFiles.VocabularyFileName} and {VocabularyFiles.MergesFileName}");
    }

    private static JsonElement? Json(string folder, string name, Dictionary<string, byte[]> files) =>
        files.TryGetValue(name, out byte[]? bytes)
            ? Guarded(folder, name, () =>
            {
                using JsonDocument document = JsonDocument.Parse(bytes);
                return document.RootElement.ValueKind == JsonValueKind.Object
                    ? document.RootElement.Clone()
                    : throw new InvalidDataException("the file holds no object");
            })
            : null;

    /// <summary>Runs a reader of a file; what goes wrong becomes one line that names it.</summary>
    private static T Guarded<T>(string folder, string name, Func<T> read)
    {
        string path = Path.Combine(folder, name);
        try
        {
            return read();
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{path}: not whole JSON (line {exception.LineNumber + 1}); the file is truncated or damaged", exception);
        }
        catch (Exception exception) when (exception is InvalidDataException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw new InvalidDataException($"{path}: not a byte-level BPE tokenizer of Hugging Face's form: {OneLine(exception)}", exception);
        }
    }

    private static string OneLine(Exception exception) => exception.Message.ReplaceLineEndings(" ");
}
