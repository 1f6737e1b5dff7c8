using System.Text.Json.Nodes;
using RlmEngine.Tokenization;

namespace RlmEngine.Tests.Tokenization;

/// <summary>Reads vocabulary and merges of a tokenizer.json without the engine's code.</summary>
internal static class ReferenceFromFile
{
    public static ReferenceBpe ReferenceOf(ByteLevelBpe tokenizer)
    {
        JsonNode model = ModelOf(tokenizer);
        return new ReferenceBpe(
            MergesOf(model), model["vocab"]!.AsObject().ToDictionary(entry => BytesOf(entry.Key), entry => entry.Value!.GetValue<int>()));
    }

    public static List<(string Left, string Right)> MergesOf(ByteLevelBpe tokenizer) => MergesOf(ModelOf(tokenizer));

    private static List<(string Left, string Right)> MergesOf(JsonNode model) =>
        [.. model["merges"]!.AsArray().Select(merge => merge!.GetValue<string>().Split(' ')).Select(pair => (BytesOf(pair[0]), BytesOf(pair[1])))];

    private static JsonNode ModelOf(ByteLevelBpe tokenizer)
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            tokenizer.Save(folder);
            return JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "tokenizer.json")))!["model"]!;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>GPT-2's alphabet, written out from its published definition: the unprintable bytes are 256 + their index among themselves.</summary>
    private static string BytesOf(string token)
    {
        List<int> unprintable = [.. Enumerable.Range(0, 33), .. Enumerable.Range(127, 34), 173];
        return string.Concat(token.Select(character => character < 256 ? character : (char)unprintable[character - 256]));
    }
}
