namespace RlmEngine.Corpus.Parquet;

/// <summary>Reads a Parquet file, a page of each chosen column in memory at a time.</summary>
/// <remarks>
/// Apache Parquet format 2 (github.com/apache/parquet-format): pages of both versions; all encodings but the outdated BIT_PACKED; codecs
/// Snappy, gzip, Brotli, LZ4 (both framings) and Zstandard. Not read: LZO, encrypted files, pages of more than 512 MiB.
/// </remarks>
internal static class ParquetReader
{
    /// <summary>Reads the rows of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="fields">Paths of the columns whose texts make the document, joined by a newline.</param>
    /// <param name="maxBytes">Bytes of a document at most.</param>
    public static IEnumerable<RecordReading> Read(string path, IReadOnlyList<FieldPath> fields, int maxBytes)
    {
        using var rows = new ParquetRows(path, fields, maxBytes);
        while (rows.Next() is { } row)
            yield return row;
    }
}
