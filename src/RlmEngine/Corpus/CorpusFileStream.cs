using RlmEngine.Corpus.Compression;

namespace RlmEngine.Corpus;

/// <summary>The bytes of one corpus file, decompressed, without a byte-order mark.</summary>
internal sealed class CorpusFileStream : IDisposable
{
    private const int BufferBytes = 64 * 1024;

    private readonly string _path;
    private readonly Stream _file;
    private readonly IDecompressor? _decompressor;
    private byte[] _buffer = new byte[BufferBytes];
    private int _start;
    private int _end;
    private bool _isAtEnd;

    /// <summary>Opens a file.</summary>
    /// <exception cref="InvalidDataException">It cannot be opened or read.</exception>
    public CorpusFileStream(string path)
    {
        _path = path;
        try
        {
            _file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1, FileOptions.SequentialScan);
            _decompressor = CorpusFiles.CompressionOf(path) switch
            {
                ".gz" => new GzipReader(_file),
                ".zst" => new ZstdReader(_file),
                _ => null,
            };
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CannotRead(exception);
        }

        Fill(3);
        if (Available.StartsWith("\uFEFF"u8))
            Skip(3);
    }

    /// <summary>True when the compressed data ended early or is damaged; what came before has been given.</summary>
    public bool IsDamaged => _decompressor is { IsDamaged: true };

    /// <summary>The bytes at hand.</summary>
    public ReadOnlySpan<byte> Available => _buffer.AsSpan(_start, _end - _start);

    /// <summary>Reads until at least so many bytes are at hand, or the file has ended; the buffer grows to hold them.</summary>
    /// <returns>True when so many are at hand.</returns>
    public bool Fill(int wanted)
    {
        while (_end - _start < wanted && !_isAtEnd)
        {
            MakeRoom(wanted);
            int read = ReadInto(_buffer.AsSpan(_end));
            _end += read;
            _isAtEnd = read == 0;
        }

        return _end - _start >= wanted;
    }

    /// <summary>Reads at least one byte more; false when the file has ended.</summary>
    public bool FillMore() => Fill(_end - _start + 1);

    /// <summary>Drops bytes at hand.</summary>
    public void Skip(int count) => _start += count;

    /// <inheritdoc/>
    public void Dispose()
    {
        _decompressor?.Dispose();
        _file.Dispose();
    }

    private void MakeRoom(int wanted)
    {
        if (_start > 0 && _start + wanted > _buffer.Length)
        {
            Available.CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        if (wanted > _buffer.Length)
            Array.Resize(ref _buffer, (int)Math.Min(Array.MaxLength, Math.Max(wanted, 2L * _buffer.Length)));
    }

    private int ReadInto(Span<byte> target)
    {
        try
        {
            return _decompressor is null ? _file.Read(target) : _decompressor.Read(target);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CannotRead(exception);
        }
    }

    private InvalidDataException CannotRead(Exception exception) =>
        new($"corpus file '{_path}' cannot be read: {exception.Message.ReplaceLineEndings(" ")}", exception);
}
