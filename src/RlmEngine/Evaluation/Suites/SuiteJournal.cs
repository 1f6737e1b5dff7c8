using System.Text.Json;
using System.Text.Json.Nodes;
using RlmEngine.Checkpoints;
using RlmEngine.Metrics;

namespace RlmEngine.Evaluation.Suites;

/// <summary>What the model has answered so far, a line a document: a run that was killed goes on where it ended.</summary>
/// <remarks>The first line names what was asked; answers to another question are never taken over. A last line that a kill cut off is dropped.</remarks>
internal sealed class SuiteJournal : IDisposable
{
    private const string IdentityField = "identity";
    private const string IdField = "doc_id";

    private readonly JsonLinesFile _file;

    private SuiteJournal(JsonLinesFile file, IReadOnlyDictionary<int, JsonObject> entries) => (_file, Entries) = (file, entries);

    /// <summary>The entries that were there, by document.</summary>
    public IReadOnlyDictionary<int, JsonObject> Entries { get; }

    /// <summary>Opens a journal, and makes it when it is missing.</summary>
    /// <param name="path">The file.</param>
    /// <param name="identity">What is asked: of which model, with which task, data and settings.</param>
    /// <exception cref="UserInputException">It holds answers to another question.</exception>
    public static SuiteJournal Open(string path, string identity)
    {
        Dictionary<int, JsonObject> entries = [];
        bool isNew = true;
        if (File.Exists(path))
        {
            List<JsonObject> lines = ReadWhole(path);
            isNew = lines.Count == 0;
            if (!isNew && lines[0][IdentityField]?.ToString() != identity)
            {
                throw new UserInputException(
                    $"{path}: holds answers of another model, task, data or setting (seed, samples, temperature, ...); give another folder with --out, or remove it");
            }

            foreach (JsonObject line in lines.Skip(1))
                entries[line[IdField]!.GetValue<int>()] = line;
        }

        var file = new JsonLinesFile(path);
        if (isNew)
            file.Append(new JsonObject { [IdentityField] = identity }.ToJsonString());
        return new SuiteJournal(file, entries);
    }

    /// <summary>Adds an answer; it is with the operating system when this returns.</summary>
    public void Append(int document, JsonObject entry)
    {
        entry[IdField] = document;
        _file.Append(entry.ToJsonString());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Flush();
        _file.Dispose();
    }

    /// <summary>Reads all whole lines, and cuts the file after them.</summary>
    private static List<JsonObject> ReadWhole(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        List<JsonObject> lines = [];
        int start = 0;
        for (int end; (end = Array.IndexOf(bytes, (byte)'\n', start)) >= 0; start = end + 1)
        {
            try
            {
                if (JsonNode.Parse(bytes.AsSpan(start, end - start)) is not JsonObject line)
                    break;
                lines.Add(line);
            }
            catch (JsonException)
            {
                break;
            }
        }

        if (start < bytes.Length)
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Write);
            file.SetLength(start);
        }

        return lines;
    }
}
