namespace RlmEngine.Corpus.Parquet;

/// <summary>Takes the values of a row, in the order of a column.</summary>
internal interface IRowValues
{
    /// <summary>Adds a value.</summary>
    void Add(ParquetColumn column, ReadOnlySpan<byte> value);
}
