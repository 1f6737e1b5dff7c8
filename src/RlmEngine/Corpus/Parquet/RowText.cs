using System.Buffers;

namespace RlmEngine.Corpus.Parquet;

/// <summary>The text of a row: that of its chosen values, joined by newlines.</summary>
/// <param name="maxBytes">Bytes at most; no more are kept.</param>
internal sealed class RowText(int maxBytes) : IRowValues
{
    private readonly ArrayBufferWriter<byte> _text = new();

    /// <summary>Values added.</summary>
    public int Values { get; private set; }

    /// <summary>True when the text is longer than it may be.</summary>
    public bool IsTooLarge { get; private set; }

    /// <summary>The text.</summary>
    public ReadOnlySpan<byte> Bytes => _text.WrittenSpan;

    /// <summary>Starts a row.</summary>
    public void Clear()
    {
        _text.ResetWrittenCount();
        Values = 0;
        IsTooLarge = false;
    }

    /// <inheritdoc/>
    public void Add(ParquetColumn column, ReadOnlySpan<byte> value)
    {
        ReadOnlySpan<byte> text = ParquetText.Of(column, value);
        IsTooLarge |= (long)_text.WrittenCount + text.Length + (Values > 0 ? 1 : 0) > maxBytes;
        if (IsTooLarge)
            return;
        if (Values++ > 0)
            _text.Write("\n"u8);
        _text.Write(text);
    }
}
