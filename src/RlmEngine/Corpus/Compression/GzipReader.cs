using System.IO.Compression;

namespace RlmEngine.Corpus.Compression;

/// <summary>Decompresses a gzip file and notices where its data is damaged or ends early.</summary>
/// <remarks>
/// <see cref="GZipStream"/> takes a truncated file for a finished one. So a member with known content is appended to the file's bytes:
/// it comes out exactly when everything before it was whole. The decompressor asks for more input only when it has given all output of
/// the input it has, so whatever it gives after it was handed the appended member is no content of the file.
/// </remarks>
internal sealed class GzipReader : IDecompressor
{
    private static readonly byte[] _mark = "end of the file\n"u8.ToArray();
    private static readonly byte[] _markMember = Compress(_mark);

    private readonly FollowedStream _input;
    private readonly GZipStream _gzip;
    private bool _isAtEnd;

    /// <summary>Reads from a stream of compressed bytes, which is closed with this reader.</summary>
    public GzipReader(Stream compressed)
    {
        _input = new FollowedStream(compressed, _markMember);
        _gzip = new GZipStream(_input, CompressionMode.Decompress);
    }

    /// <inheritdoc/>
    public bool IsDamaged { get; private set; }

    /// <inheritdoc/>
    public int Read(Span<byte> target)
    {
        if (_isAtEnd)
            return 0;
        try
        {
            int read = _gzip.Read(target);
            if (!_input.HasFirstEnded)
                return read;
            IsDamaged = !IsMark(target[..read]);
        }
        catch (InvalidDataException)
        {
            IsDamaged = true;
        }

        _isAtEnd = true;
        return 0;
    }

    /// <inheritdoc/>
    public void Dispose() => _gzip.Dispose();

    private static byte[] Compress(byte[] bytes)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.NoCompression))
            gzip.Write(bytes);
        return compressed.ToArray();
    }

    private bool IsMark(ReadOnlySpan<byte> first)
    {
        var output = new byte[_mark.Length + 1];
        if (first.Length > output.Length)
            return false;
        first.CopyTo(output);
        int length = first.Length + _gzip.ReadAtLeast(output.AsSpan(first.Length), output.Length - first.Length, throwOnEndOfStream: false);
        return output.AsSpan(0, length).SequenceEqual(_mark);
    }

    /// <summary>A stream, then some bytes.</summary>
    private sealed class FollowedStream(Stream first, byte[] then) : Stream
    {
        private int _given;

        public bool HasFirstEnded { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            int read = HasFirstEnded ? 0 : first.Read(buffer);
            if (read > 0 || buffer.IsEmpty)
                return read;
            HasFirstEnded = true;
            int length = Math.Min(buffer.Length, then.Length - _given);
            then.AsSpan(_given, length).CopyTo(buffer);
            _given += length;
            return length;
        }

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                first.Dispose();
            base.Dispose(disposing);
        }
    }
}
