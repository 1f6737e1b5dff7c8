namespace RlmEngine.Corpus;

/// <summary>Counts what one pass reads and leaves out.</summary>
internal sealed class CorpusTally
{
    private const int MaxExamples = 10;

    private readonly SortedDictionary<string, long> _leftOut = new(StringComparer.Ordinal);
    private readonly List<string> _examples = [];
    private int _files;
    private long _documents;
    private long _bytes;

    /// <summary>Documents that can be used, of both splits.</summary>
    public long Documents => _documents;

    /// <summary>Counts a file.</summary>
    public void AddFile() => _files++;

    /// <summary>Counts a record; true when it is a document.</summary>
    public bool Add(in RecordReading record)
    {
        if (record.Reason is null)
        {
            _documents++;
            _bytes += record.Utf8Length;
            return true;
        }

        _leftOut[record.Reason] = _leftOut.GetValueOrDefault(record.Reason) + 1;
        if (_examples.Count < MaxExamples)
            _examples.Add(record.Detail is null ? $"{record.Place}: {record.Reason}" : $"{record.Place}: {record.Reason} ({record.Detail})");
        return false;
    }

    /// <summary>The counts so far.</summary>
    public CorpusReport ToReport() => new(_files, _documents, _bytes, _leftOut.ToDictionary(), [.. _examples]);
}
