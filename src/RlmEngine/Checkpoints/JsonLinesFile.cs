using System.Text;
using System.Text.Json;

namespace RlmEngine.Checkpoints;

/// <summary>A file of one JSON object a line, each with its "step"; a line is with the operating system when it was appended.</summary>
public sealed class JsonLinesFile : IDisposable
{
    private readonly FileStream _file;

    /// <summary>Opens a file to append to, and makes it when it is missing.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public JsonLinesFile(string path) => _file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);

    /// <summary>Appends one line.</summary>
    /// <param name="json">An object without line ends.</param>
    /// <exception cref="IOException">It cannot be written, as on a full disk.</exception>
    public void Append(string json)
    {
        if (json.AsSpan().IndexOfAny('\n', '\r') >= 0)
            throw new ArgumentException("one line is one object without line ends", nameof(json));
        _file.Write(Encoding.UTF8.GetBytes(json + "\n"));
    }

    /// <summary>Flushes all lines to disk, as before a checkpoint that counts on them.</summary>
    /// <exception cref="IOException">It cannot be written, as on a full disk.</exception>
    public void Flush() => _file.Flush(flushToDisk: true);

    /// <summary>Drops, atomically, the lines of steps after one, and a last line that a kill cut off.</summary>
    /// <param name="path">The file; nothing happens when it is missing.</param>
    /// <param name="lastStep">Lines with a larger "step" go.</param>
    /// <returns>Lines dropped.</returns>
    public static int CutAfter(string path, long lastStep) => CutAfter(path, lastStep, new DurableFiles());

    internal static int CutAfter(string path, long lastStep, DurableFiles files)
    {
        if (!File.Exists(path))
            return 0;
        int dropped = 0;
        string temporary = path + ".tmp";
        using (StreamReader reader = new(path))
        using (StreamWriter writer = new(temporary, append: false))
        {
            string? next;
            for (string? line = reader.ReadLine(); line is not null; line = next)
            {
                next = reader.ReadLine();
                bool isWhole = next is not null || EndsInNewLine(path);
                if (isWhole && StepOf(line) is long step && step <= lastStep)
                    writer.Write(line + "\n");
                else
                    dropped++;
            }
        }

        if (dropped == 0)
        {
            File.Delete(temporary);
            return 0;
        }

        files.Flush(temporary);
        files.MoveFile(temporary, path);
        files.FlushFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
        return dropped;
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    private static long? StepOf(string line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            return document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("step", out JsonElement step)
                && step.ValueKind == JsonValueKind.Number && step.TryGetInt64(out long value) ? value : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool EndsInNewLine(string path)
    {
        using FileStream file = File.OpenRead(path);
        _ = file.Seek(-1, SeekOrigin.End);
        return file.ReadByte() == '\n';
    }
}
