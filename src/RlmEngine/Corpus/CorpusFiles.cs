namespace RlmEngine.Corpus;

/// <summary>Finds the corpus files of a list of paths, in ordinal order of their names.</summary>
internal static class CorpusFiles
{
    /// <summary>What is read, for messages.</summary>
    public const string Expected = ".txt, .md, .rst, .jsonl or .jsonl.gz";

    private static readonly string[] _textExtensions = [".txt", ".md", ".rst"];
    private static readonly string[] _recordExtensions = [".jsonl", ".jsonl.gz"];

    /// <summary>True where each line is a record.</summary>
    public static bool HoldsRecords(string path) => HasExtension(path, _recordExtensions);

    /// <summary>True for a compressed file.</summary>
    public static bool IsCompressed(string path) => path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);

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
            if (!HasExtension(path, _textExtensions) && !HoldsRecords(path))
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
            if (HasExtension(file.Name, _textExtensions) || HoldsRecords(file.Name))
                files.Add(Path.Combine(path, file.Name));
        }

        foreach (DirectoryInfo inner in folder.EnumerateDirectories())
        {
            if (inner.LinkTarget is null)
                Collect(inner, Path.Combine(path, inner.Name), files);
        }
    }

    private static bool HasExtension(string path, string[] extensions) =>
        extensions.Any(extension => path.EndsWith(extension, StringComparison.OrdinalIgnoreCase));
}
