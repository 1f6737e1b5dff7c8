using System.Buffers.Binary;

namespace RlmEngine.Corpus.Compression;

/// <summary>Decompresses Zstandard frames (RFC 8878) as a stream and notices where the data is damaged or ends early.</summary>
/// <remarks>
/// Memory is bounded: at most 1.25 times the frame's window, and frames that ask for more than 128 MiB (what the command zstd accepts
/// too) are refused. Frames that need a dictionary are refused.
/// </remarks>
internal sealed class ZstdReader(Stream compressed) : IDecompressor
{
    /// <summary>Bytes of content in a block at most.</summary>
    public const int MaxBlock = 128 * 1024;

    private const long MaxWindow = 1L << 27;

    private readonly byte[] _block = new byte[MaxBlock + (2 * ReverseBits.Padding)];
    private readonly ZstdWindow _window = new();
    private readonly ZstdLiterals _literals = new();
    private readonly ZstdSequences _sequences = new();
    private XxHash64? _hash;
    private int _given;
    private int _maxBlock;
    private long _declared;
    private long _produced;
    private bool _isInFrame;
    private bool _isAtEnd;

    /// <inheritdoc/>
    public bool IsDamaged { get; private set; }

    /// <inheritdoc/>
    public int Read(Span<byte> target)
    {
        try
        {
            while (_given == _window.Length && !_isAtEnd && !target.IsEmpty)
                Advance();
        }
        catch (InvalidDataException)
        {
            IsDamaged = true;
            _isAtEnd = true;
            _given = _window.Length;
        }

        ReadOnlySpan<byte> ready = _window.From(_given);
        int count = Math.Min(ready.Length, target.Length);
        ready[..count].CopyTo(target);
        _given += count;
        return count;
    }

    /// <inheritdoc/>
    public void Dispose() => compressed.Dispose();

    private void Advance()
    {
        if (_isInFrame)
            ReadBlock();
        else
            StartFrame();
    }

    private void StartFrame()
    {
        Span<byte> head = stackalloc byte[18];
        int read = compressed.ReadAtLeast(head[..4], 4, throwOnEndOfStream: false);
        if (read == 0)
        {
            _isAtEnd = true;
            return;
        }

        uint magic = read == 4 ? BinaryPrimitives.ReadUInt32LittleEndian(head) : 0;
        if ((magic & 0xFFFFFFF0) == 0x184D2A50)
        {
            ReadExactly(head[..4]);
            Skip(BinaryPrimitives.ReadUInt32LittleEndian(head));
            return;
        }

        if (magic != 0xFD2FB528)
            throw new InvalidDataException("no Zstandard frame");
        ReadHeader(head);
    }

    private void ReadHeader(Span<byte> head)
    {
        ReadExactly(head[..1]);
        byte flags = head[0];
        bool isSingle = (flags & 0x20) != 0;
        int idBytes = (flags & 3) switch { 0 => 0, 1 => 1, 2 => 2, _ => 4 };
        int sizeBytes = (flags >> 6) switch { 0 => isSingle ? 1 : 0, 1 => 2, 2 => 4, _ => 8 };
        head = head[..((isSingle ? 0 : 1) + idBytes + sizeBytes)];
        ReadExactly(head);
        long window = isSingle ? 0 : (8L + (head[0] & 7)) << (7 + (head[0] >> 3));
        head = head[(isSingle ? 0 : 1)..];
        if ((flags & 8) != 0 || head[..idBytes].ContainsAnyExcept((byte)0))
            throw new InvalidDataException("a frame needs a dictionary, or is of a later format");
        ulong size = 0;
        for (int i = sizeBytes - 1; i >= 0; i--)
            size = (size << 8) | head[idBytes + i];
        _declared = sizeBytes == 0 ? -1 : (long)Math.Min(size + (sizeBytes == 2 ? 256u : 0u), long.MaxValue);
        if (isSingle)
            window = _declared;
        if (window > MaxWindow)
            throw new InvalidDataException("a frame's window is larger than 128 MiB");
        Begin((int)window, hasHash: (flags & 4) != 0);
    }

    private void Begin(int window, bool hasHash)
    {
        _window.Start(window);
        _literals.Reset();
        _sequences.Reset();
        _hash = hasHash ? new XxHash64() : null;
        _maxBlock = Math.Min(window, MaxBlock);
        _given = 0;
        _produced = 0;
        _isInFrame = true;
    }

    private void ReadBlock()
    {
        Span<byte> header = stackalloc byte[4];
        ReadExactly(header[..3]);
        header[3] = 0;
        int value = BinaryPrimitives.ReadInt32LittleEndian(header);
        int size = value >> 3;
        int kind = (value >> 1) & 3;
        if (size > _maxBlock || kind == 3)
            throw new InvalidDataException("a block of a kind or size that does not exist");
        _window.Reserve(MaxBlock);
        int before = _window.Length;
        ReadContent(kind, size);
        if (_window.Length - before > _maxBlock)
            throw new InvalidDataException("a block of more content than it may hold");
        _given = before;
        _produced += _window.Length - before;
        _hash?.Append(_window.From(before));
        if ((value & 1) != 0)
            EndFrame(header);
    }

    private void ReadContent(int kind, int size)
    {
        Span<byte> content = _block.AsSpan(ReverseBits.Padding, kind == 1 ? 1 : size);
        ReadExactly(content);
        switch (kind)
        {
            case 0:
                _window.Append(content);
                break;
            case 1:
                _window.Fill(content[0], size);
                break;
            default:
                int used = _literals.Read(_block, ReverseBits.Padding, size);
                _sequences.Run(_block, ReverseBits.Padding + used, size - used, _literals.Bytes, _window, _maxBlock);
                break;
        }
    }

    private void EndFrame(Span<byte> four)
    {
        _isInFrame = false;
        if (_declared >= 0 && _declared != _produced)
            throw new InvalidDataException("a frame is not as long as it says");
        if (_hash is null)
            return;
        ReadExactly(four);
        if (BinaryPrimitives.ReadUInt32LittleEndian(four) != (uint)_hash.Finish())
            throw new InvalidDataException("the checksum of a frame is wrong");
    }

    private void Skip(long count)
    {
        while (count > 0)
        {
            Span<byte> part = _block.AsSpan(0, (int)Math.Min(count, _block.Length));
            ReadExactly(part);
            count -= part.Length;
        }
    }

    private void ReadExactly(Span<byte> bytes)
    {
        if (compressed.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length)
            throw new InvalidDataException("the data ends early");
    }
}
