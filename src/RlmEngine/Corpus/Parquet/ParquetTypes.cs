namespace RlmEngine.Corpus.Parquet;

/// <summary>How a column's values are stored.</summary>
internal enum ParquetType
{
    Boolean,
    Int32,
    Int64,
    Int96,
    Float,
    Double,
    ByteArray,
    FixedBytes,
}

/// <summary>What stored values mean, as far as their text depends on it.</summary>
internal enum ParquetMeaning
{
    None,
    Unsigned,
    Decimal,
    Date,
    TimeMillis,
    TimeMicros,
    TimeNanos,
    StampMillis,
    StampMicros,
    StampNanos,
    Uuid,
    Half,
    List,
    Map,
}

/// <summary>A node of a file's schema.</summary>
/// <param name="Name">Its name in its parent.</param>
/// <param name="IsRepeated">True where it may stand any number of times in its parent.</param>
/// <param name="Meaning">What it is to be read as.</param>
/// <param name="Definition">Definition level of a value that is there.</param>
/// <param name="Repetition">Repeated nodes from the root to here, itself included.</param>
/// <param name="Children">Inner nodes; empty for a column.</param>
/// <param name="Column">The column, where it is one.</param>
internal sealed record ParquetNode(
    string Name, bool IsRepeated, ParquetMeaning Meaning, int Definition, int Repetition, IReadOnlyList<ParquetNode> Children, ParquetColumn? Column);

/// <summary>A column of a file.</summary>
/// <param name="Index">Its number among the columns.</param>
/// <param name="Type">How values are stored.</param>
/// <param name="Meaning">What they mean.</param>
/// <param name="Width">Bytes of a value; 0 where they differ, or for bits.</param>
/// <param name="Scale">Decimal places.</param>
/// <param name="MaxDefinition">Definition level of a value that is there.</param>
/// <param name="MaxRepetition">Lists around a value.</param>
internal sealed record ParquetColumn(
    int Index, ParquetType Type, ParquetMeaning Meaning, int Width, int Scale, int MaxDefinition, int MaxRepetition);

/// <summary>Where a row group's part of a column lies.</summary>
/// <param name="Codec">How its pages are compressed.</param>
/// <param name="Values">Values, nulls among them.</param>
/// <param name="Start">First byte.</param>
/// <param name="Length">Bytes.</param>
/// <param name="IsReadable">False where it lies in another file, or is encrypted.</param>
internal readonly record struct ParquetChunk(int Codec, long Values, long Start, long Length, bool IsReadable);

/// <summary>Some rows of a file, with all their columns.</summary>
internal sealed record ParquetRowGroup(long Rows, IReadOnlyList<ParquetChunk> Chunks);
