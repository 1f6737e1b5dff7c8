using System.Text.Json.Nodes;
using RlmEngine.Corpus;
using RlmEngine.Metrics;

namespace RlmEngine.Evaluation.Suites;

/// <summary>A task's documents and few-shot examples, read from the user's disk.</summary>
/// <param name="Documents">All documents of the test split.</param>
/// <param name="Examples">Documents that few-shot examples are taken from; the test split itself where the task has no other.</param>
public sealed record SuiteData(IReadOnlyList<SuiteDocument> Documents, IReadOnlyList<SuiteDocument> Examples)
{
    /// <summary>True when examples come from the documents that are evaluated.</summary>
    public bool ExamplesAreDocuments => ReferenceEquals(Documents, Examples);

    /// <summary>Reads a task's data.</summary>
    /// <param name="task">The task.</param>
    /// <param name="paths">Files, or folders in which the task's file names are looked for.</param>
    /// <param name="seed">Key of the random stream that shuffles choices.</param>
    /// <exception cref="UserInputException">Data is missing; the line says what to get and where it may stand.</exception>
    /// <exception cref="InvalidDataException">A file cannot be read, or a document lacks what the task needs.</exception>
    public static SuiteData Load(SuiteTask task, IReadOnlyList<string> paths, ulong seed)
    {
        if (paths.FirstOrDefault(path => !File.Exists(path) && !Directory.Exists(path)) is { } missing)
            throw new UserInputException(WhatToGet(task, task.TestSplit, [missing], "no data"));
        IReadOnlyList<string> files = FilesOf(task, task.TestSplit, paths, isTest: true);
        if (files.Count == 0)
            throw new UserInputException(WhatToGet(task, task.TestSplit, paths, "no data"));
        IReadOnlyList<SuiteDocument> documents = Read(task, files, seed, isTest: true);
        if (task.NumFewShot == 0 || task.FewShotSplit.Count == 0)
            return new SuiteData(documents, documents);
        IReadOnlyList<string> examples = FilesOf(task, task.FewShotSplit, paths, isTest: false);
        return examples.Count > 0
            ? new SuiteData(documents, Read(task, examples, seed, isTest: false))
            : throw new UserInputException(WhatToGet(task, task.FewShotSplit, paths, "no few-shot examples") + ", or give --num-fewshot 0");
    }

    private static string WhatToGet(SuiteTask task, IReadOnlyList<string> names, IReadOnlyList<string> paths, string what)
    {
        string source = task.DatasetPath.Length > 0 ? $"get {task.DatasetPath} and place it there" : "place it there";
        bool isThere = paths.Any(path => File.Exists(path) || Directory.Exists(path));
        string place = string.Join(", ", paths), looked = string.Join(", ", names);
        return isThere
            ? $"{task.Task}: {what}: none of {looked} stands in {place}; {source}, or name the file with --data PATH"
            : $"{task.Task}: no data: {place}: no such file or folder; {source} as one of {looked}, or name file or folder with --data PATH";
    }

    private static SuiteDocument[] Read(SuiteTask task, IReadOnlyList<string> files, ulong seed, bool isTest)
    {
        List<SuiteDocument> documents = [];
        foreach (string file in files)
        {
            int place = 0;
            foreach (JsonObject record in RecordFile.Read(file))
            {
                place++;
                if (!task.Range.Holds(record, isTest))
                    continue;
                var document = new SuiteDocument(documents.Count, record);
                try
                {
                    DocumentProcessing.Apply(task.ProcessDocs, document, seed);
                }
                catch (InvalidDataException e)
                {
                    throw new InvalidDataException($"{file}: document {place}: {e.Message}", e);
                }

                documents.Add(document);
            }
        }

        return documents.Count > 0 ? [.. documents] : throw new InvalidDataException($"{string.Join(", ", files)}: holds no document");
    }

    /// <summary>The files of a split: those named outright, else the first of its names that is found.</summary>
    private static IReadOnlyList<string> FilesOf(SuiteTask task, IReadOnlyList<string> names, IReadOnlyList<string> paths, bool isTest)
    {
        string[] given = [.. paths.Where(File.Exists)];
        bool IsNamed(string file) => names.Any(name => Matches(file, name));
        string[] own = isTest
            ? [.. given.Where(file => IsNamed(file) || !task.FewShotSplit.Any(name => Matches(file, name)))]
            : [.. given.Where(file => IsNamed(file) && !task.TestSplit.Any(name => Matches(file, name)))];
        if (own.Length > 0)
            return own;
        IEnumerable<string> folders = paths.Where(Directory.Exists);
        if (!isTest)
            folders = folders.Concat(given.Select(file => Path.GetDirectoryName(Path.GetFullPath(file))!));
        folders = [.. folders.SelectMany(folder => new[] { folder, Path.Combine(folder, task.Task) }).Where(Directory.Exists).Distinct()];
        return names.SelectMany(name => folders.Select(folder => Found(folder, name))).FirstOrDefault(found => found.Count > 0) ?? [];
    }

    private static IReadOnlyList<string> Found(string folder, string name)
    {
        string[] parts = name.Split('/');
        IEnumerable<string> folders = [Path.IsPathRooted(name) ? Path.GetPathRoot(name)! : folder];
        foreach (string part in parts[..^1])
        {
            folders = part.Contains('*', StringComparison.Ordinal)
                ? [.. folders.SelectMany(outer => Directory.EnumerateDirectories(outer, part))]
                : [.. folders.Select(outer => Path.Combine(outer, part)).Where(Directory.Exists)];
        }

        return [.. folders.SelectMany(inner => parts[^1].Length == 0
            ? Directory.EnumerateFiles(inner, "*", SearchOption.AllDirectories).Where(RecordFile.IsRead)
            : Directory.EnumerateFiles(inner, parts[^1])).Order(StringComparer.Ordinal)];
    }

    private static bool Matches(string file, string name) =>
        System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(name.AsSpan(name.LastIndexOf('/') + 1), Path.GetFileName(file), ignoreCase: false);
}
