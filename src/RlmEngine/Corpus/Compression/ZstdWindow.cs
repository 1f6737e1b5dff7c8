namespace RlmEngine.Corpus.Compression;

/// <summary>The last bytes of a Zstandard frame's content, to which matches refer; it grows with the content up to the frame's window.</summary>
internal sealed class ZstdWindow
{
    private byte[] _bytes = new byte[256 * 1024];
    private int _window;

    /// <summary>Bytes of content held.</summary>
    public int Length { get; private set; }

    /// <summary>Starts a frame.</summary>
    /// <param name="window">Bytes to which a match may reach back at least.</param>
    public void Start(int window)
    {
        _window = window;
        Length = 0;
    }

    /// <summary>Makes room for so many bytes more, forgetting what no match can reach.</summary>
    public void Reserve(int count)
    {
        if (Length + count <= _bytes.Length)
            return;
        int wanted = Math.Max(2 * ZstdReader.MaxBlock, _window + (_window / 4) + ZstdReader.MaxBlock);
        if (_bytes.Length < wanted)
            Array.Resize(ref _bytes, (int)Math.Min(wanted, 2L * _bytes.Length));
        if (Length + count <= _bytes.Length || Length <= _window)
            return;
        _bytes.AsSpan(Length - _window, _window).CopyTo(_bytes);
        Length = _window;
    }

    /// <summary>The bytes from a place on.</summary>
    public ReadOnlySpan<byte> From(int start) => _bytes.AsSpan(start, Length - start);

    /// <summary>Appends bytes, for which room was made.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_bytes.AsSpan(Length));
        Length += bytes.Length;
    }

    /// <summary>Appends a byte many times.</summary>
    public void Fill(byte value, int count)
    {
        _bytes.AsSpan(Length, count).Fill(value);
        Length += count;
    }

    /// <summary>Appends bytes that lie so far back; the two places may overlap.</summary>
    /// <exception cref="InvalidDataException">There are no such bytes.</exception>
    public void Repeat(long offset, int count)
    {
        if (offset <= 0 || offset > Length)
            throw new InvalidDataException("a match reaches before the content");
        int from = Length - (int)offset;
        if (offset >= count)
        {
            _bytes.AsSpan(from, count).CopyTo(_bytes.AsSpan(Length));
        }
        else
        {
            byte[] bytes = _bytes;
            for (int i = 0, to = Length; i < count; i++)
                bytes[to + i] = bytes[from + i];
        }

        Length += count;
    }
}
