namespace RlmEngine.Corpus.Parquet;

/// <summary>Reads integers of the encoding DELTA_BINARY_PACKED, one at a time.</summary>
internal sealed class DeltaReader
{
    private const int MaxBlock = 1 << 16;

    private readonly byte[] _bytes;
    private readonly int _end;
    private readonly int _perMini;
    private readonly int _minis;
    private readonly byte[] _widths;
    private int _at;
    private long _left;
    private long _value;
    private long _minDelta;
    private int _mini;
    private int _inMini;
    private bool _isFirst = true;

    /// <summary>Opens a stream.</summary>
    /// <exception cref="InvalidDataException">Its head is damaged.</exception>
    public DeltaReader(byte[] bytes, int start, int end)
    {
        _bytes = bytes;
        _at = start;
        _end = end;
        ulong block = Varint.Read(_bytes, ref _at, _end);
        ulong minis = Varint.Read(_bytes, ref _at, _end);
        ulong count = Varint.Read(_bytes, ref _at, _end);
        ulong first = Varint.Read(_bytes, ref _at, _end);
        if (block is 0 or > MaxBlock || minis == 0 || minis > block || block % minis != 0 || block / minis % 8 != 0 || count > int.MaxValue)
            throw new InvalidDataException("a page of deltas is damaged");
        _minis = (int)minis;
        _perMini = (int)(block / minis);
        _widths = new byte[_minis];
        _mini = _minis;
        _left = (long)count;
        _value = (long)(first >> 1) ^ -(long)(first & 1);
    }

    /// <summary>Numbers left.</summary>
    public long Left => _left;

    /// <summary>The next number.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    public long Next()
    {
        if (_left <= 0)
            throw new InvalidDataException("a page ends early");
        _left--;
        if (_isFirst)
        {
            _isFirst = false;
            return _value;
        }

        if (_mini == _minis)
            StartBlock();
        int width = _widths[_mini];
        long bit = (8L * _at) + ((long)_inMini * width);
        ulong low = HybridReader.ReadBits(_bytes, bit, Math.Min(width, 32), _end);
        ulong high = width > 32 ? HybridReader.ReadBits(_bytes, bit + 32, width - 32, _end) : 0;
        _value = unchecked(_value + _minDelta + (long)(low | (high << 32)));
        if (++_inMini == _perMini)
            EndMini();
        return _value;
    }

    /// <summary>Reads all numbers that are left and gives the place after them.</summary>
    public int FindEnd()
    {
        while (_left > 0)
            Next();
        if (_inMini > 0)
            EndMini();
        return _at;
    }

    private void StartBlock()
    {
        ulong delta = Varint.Read(_bytes, ref _at, _end);
        _minDelta = (long)(delta >> 1) ^ -(long)(delta & 1);
        if (_end - _at < _minis)
            throw new InvalidDataException("a page ends early");
        _bytes.AsSpan(_at, _minis).CopyTo(_widths);
        _at += _minis;
        _mini = 0;
        CheckWidth();
    }

    private void EndMini()
    {
        long bytes = (long)_perMini * _widths[_mini] / 8;
        if (bytes > _end - _at)
            throw new InvalidDataException("a page ends early");
        _at += (int)bytes;
        _inMini = 0;
        if (++_mini < _minis && _left > 0)
            CheckWidth();
    }

    private void CheckWidth()
    {
        if (_widths[_mini] > 64)
            throw new InvalidDataException("a page of deltas is damaged");
    }
}
