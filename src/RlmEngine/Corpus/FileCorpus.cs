using RlmEngine.Corpus.Parquet;

namespace RlmEngine.Corpus;

/// <summary>
/// Documents from files and folders: .txt, .md and .rst (a document each, or several where the file is long), .jsonl, .ndjson and .json
/// (a document a line), all of them also compressed (.gz, .zst), and .parquet (a document a row). Read as a stream: at most one record,
/// or a page of each chosen Parquet column, and the shuffle buffer are in memory.
/// </summary>
/// <remarks>
/// Records that are no UTF-8, empty, too large or malformed are left out, counted and the first ten named in <see cref="Report"/>.
/// A pass over the training documents shuffles the files and then the documents within a buffer; held-out documents come in the
/// order of the file names.
/// </remarks>
public sealed class FileCorpus : ICorpus
{
    private readonly CorpusOptions _options;
    private readonly ulong _seed;
    private readonly IReadOnlyList<string> _files;
    private readonly IReadOnlyList<FieldPath> _fields;

    /// <summary>Finds the files.</summary>
    /// <param name="options">Paths, fields, shares and bounds.</param>
    /// <param name="seed">The run's seed; it sets the order of training documents, never the split.</param>
    /// <exception cref="ArgumentException">An option is impossible.</exception>
    /// <exception cref="InvalidDataException">A path is missing, of a kind that is not read, or a folder with nothing to read.</exception>
    public FileCorpus(CorpusOptions options, ulong seed)
    {
        if (options.Paths.Count == 0)
            throw new ArgumentException("no corpus path is given", nameof(options));
        if (options.Fields.Count == 0)
            throw new ArgumentException("no field is given", nameof(options));
        if (options.HeldOut is not (>= 0 and <= 1))
            throw new ArgumentException($"the held-out share is {options.HeldOut}, not in [0, 1]", nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxDocumentBytes, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfEqual(options.MaxDocumentBytes, int.MaxValue, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegative(options.SplitBytes, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.ShuffleBuffer, 1, nameof(options));
        _options = options;
        _seed = seed;
        _files = CorpusFiles.Find(options.Paths);
        if (options.HeldOutByFirstField && _files.FirstOrDefault(file => CorpusFiles.IsParquet(file) || !CorpusFiles.HoldsLines(file)) is { } other)
            throw new InvalidDataException($"corpus.heldOutByFirstField: {other} has no JSON fields; .jsonl, .ndjson or .json is needed");
        _fields = [.. options.Fields.Select(FieldPath.Parse)];
    }

    /// <inheritdoc/>
    public CorpusReport Report { get; private set; } = new CorpusTally().ToReport();

    /// <inheritdoc/>
    public IEnumerable<Document> Read(CorpusSplit split, int pass = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(pass);
        return split == CorpusSplit.HeldOut
            ? ReadInOrder(_files, split)
            : DocumentShuffle.Shuffle(ReadInOrder(DocumentShuffle.ShuffleFiles(_files, _seed, pass), split), _options.ShuffleBuffer, _seed, pass);
    }

    private IEnumerable<Document> ReadInOrder(IReadOnlyList<string> files, CorpusSplit split)
    {
        var tally = new CorpusTally();
        foreach (string file in files)
        {
            tally.AddFile();
            foreach (RecordReading record in ReadFile(file))
            {
                if (tally.Add(record) && DocumentSplit.Of(KeyOf(record), _options.HeldOut) == split)
                    yield return new Document(record.Place, record.Text);
            }
        }

        Report = tally.ToReport();
        if (tally.Documents == 0)
            throw new InvalidDataException(NothingUsable(Report));
    }

    private string KeyOf(RecordReading record) => _options.HeldOutByFirstField ? record.FirstField ?? record.Text : record.Text;

    private IEnumerable<RecordReading> ReadFile(string file)
    {
        if (CorpusFiles.IsParquet(file))
            return ParquetReader.Read(file, _fields, _options.MaxDocumentBytes);
        return CorpusFiles.HoldsLines(file)
            ? JsonLinesReader.Read(file, _fields, _options.MaxDocumentBytes)
            : TextFileReader.Read(file, _options.SplitBytes, _options.MaxDocumentBytes);
    }

    private string NothingUsable(CorpusReport report)
    {
        string paths = string.Join(", ", _options.Paths.Select(path => $"'{path}'"));
        string fields = string.Join(", ", _options.Fields.Select(field => $"\"{field}\""));
        string found = report.LeftOut.Count == 0
            ? "it is empty"
            : $"all {report.LeftOut.Values.Sum()} records are bad ({string.Join(", ", report.LeftOut.Select(entry => $"{entry.Value} {entry.Key}"))}; first: {report.Examples[0]})";
        return $"corpus {paths} holds no usable document: {found}; expected UTF-8 text, or JSON objects or Parquet rows with the text in {fields} (corpus.fields)";
    }
}
