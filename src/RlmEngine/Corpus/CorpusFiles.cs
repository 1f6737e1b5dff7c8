namespace RlmEngine.Corpus;

/// <summary>Finds the corpus files of a list of paths, in ordinal order of their names.</summary>
internal static class CorpusFiles
{
    /// <summary>What is read, for messages.</summary>
    public const string Expected = ".txt, .md, .rst, .jsonl, .ndjson or .json (a JSON object a line), each also .gz or .zst, or .parquet";

    private const string Parquet = ".parquet";

    private static readonly string[] _textExtensions = [".txt", ".md", ".rst"];
    private static readonly string[] _lineExtensions = [".jsonl", ".ndjson", ".json"];
    private static readonly string[] _compressions = [".gz", ".zst"];

    /// <summary>True where each line is a record.</summary>
    public static bool HoldsLines(string path) => HasExtension(Decompressed(path), _lineExtensions);

    /// <summary>True for a Parquet file.</summary>
    public static bool IsParquet(string path) => HasExtension(path, [Parquet]);

    /// <summary>The extension that says how the file is compressed, .gz or .zst; null where it is not.</summary>
    public static string? CompressionOf(string path) => _compressions.FirstOrDefault(extension => HasExtension(path, [extension]));

    /// <summary>All files of the paths, each once; folders are searched to the bottom, links to folders in them are not followed.</summary>
    /// <exception cref="InvalidDataException">A path is missing, of another kind, or a folder without such files.</exception>
    public static IReadOnlyList<string> Find(IReadOnlyList<string> paths)
    {
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (string path in paths)
        {
            foreach (string file in FilesOf(path))
                files.TryAdd(Path.GetFullPath(file), file);
        }

        return [.. files.Values];
    }

    private static List<string> FilesOf(string path)
    {
        if (File.Exists(path))
        {
            if (!IsRead(path))
                throw new InvalidDataException($"corpus file '{path}' is of a kind that is not read; expected {Expected}");
            return [path];
        }

        if (!Directory.Exists(path))
            throw new InvalidDataException($"corpus path '{path}' does not exist; expected a folder or a file ({Expected})");
        List<string> files = [];
        try
        {
            Collect(new DirectoryInfo(path), path, files);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"corpus folder '{path}' cannot be read: {exception.Message}", exception);
        }

        if (files.Count == 0)
            throw new InvalidDataException($"corpus folder '{path}' holds no file to read; expected {Expected}");
        return files;
    }

    private static void Collect(DirectoryInfo folder, string path, List<string> files)
    {
        foreach (FileInfo file in folder.EnumerateFiles())
        {
            if (IsRead(file.Name))
                files.Add(Path.Combine(path, file.Name));
        }

        foreach (DirectoryInfo inner in folder.EnumerateDirectories())
        {
            if (inner.LinkTarget is null)
                Collect(inner, Path.Combine(path, inner.Name), files);
        }
    }

    private static bool IsRead(string path) => IsParquet(path) || HoldsLines(path) || HasExtension(Decompressed(path), _textExtensions);

    private static string Decompressed(string path) => CompressionOf(path) is { } extension ? path[..^extension.Length] : path;

    private static bool HasExtension(string path, string[] extensions) =>
        extensions.Any(extension => path.EndsWith(extension, StringComparison.OrdinalIgnoreCase));
}
