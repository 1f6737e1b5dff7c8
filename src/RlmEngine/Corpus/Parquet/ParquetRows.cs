using Microsoft.Win32.SafeHandles;

namespace RlmEngine.Corpus.Parquet;

/// <summary>Reads chosen columns of a Parquet file row by row, in the file's order; what is damaged costs its row group only.</summary>
internal sealed class ParquetRows : IDisposable
{
    private readonly string _path;
    private readonly IReadOnlyList<FieldPath> _fields;
    private readonly SafeFileHandle _file;
    private readonly RowText _text;
    private readonly int _maxBytes;
    private IReadOnlyList<ParquetRowGroup> _groups = [];
    private ColumnReader[]? _columns;
    private string _reading = "";
    private int _group;
    private long _row;
    private long _rowsBefore;

    /// <summary>Opens a file.</summary>
    /// <exception cref="InvalidDataException">It cannot be opened.</exception>
    public ParquetRows(string path, IReadOnlyList<FieldPath> fields, int maxBytes)
    {
        _path = path;
        _fields = fields;
        _maxBytes = maxBytes;
        _text = new RowText(maxBytes);
        try
        {
            _file = File.OpenHandle(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CannotRead(exception);
        }
    }

    /// <summary>Reads the next row.</summary>
    /// <returns>The row, or what was lost; null at the end.</returns>
    /// <exception cref="InvalidDataException">The file cannot be read.</exception>
    public RecordReading? Next()
    {
        try
        {
            return _columns is null ? ReadFooter() ?? ReadNext() : ReadNext();
        }
        catch (IOException exception)
        {
            throw CannotRead(exception);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <returns>Null where it can be read.</returns>
    private RecordReading? ReadFooter()
    {
        _columns = [];
        try
        {
            ParquetFooter footer = ParquetFooter.Read(_file);
            _columns = [.. _fields.Select(field => new ColumnReader(_file, ParquetSelection.Find(footer.Root, field)))];
            _groups = footer.RowGroups;
            return null;
        }
        catch (Exception exception) when (IsDamage(exception))
        {
            return Lost(exception.Message);
        }
    }

    private RecordReading? ReadNext()
    {
        for (; _group < _groups.Count; LeaveGroup())
        {
            ParquetRowGroup group = _groups[_group];
            try
            {
                if (_row == 0)
                    Open(group);
                if (_row < group.Rows)
                    return ReadRow();
            }
            catch (Exception exception) when (IsDamage(exception))
            {
                string rows = $"rows from {_rowsBefore + _row + 1} to {_rowsBefore + group.Rows} are lost";
                RecordReading lost = Lost($"row group {_group + 1}, column \"{_reading}\": {exception.Message}; {rows}");
                LeaveGroup();
                return lost;
            }
        }

        return null;
    }

    private void Open(ParquetRowGroup group)
    {
        foreach (ColumnReader column in _columns!)
        {
            _reading = column.Name;
            column.Open(group);
        }
    }

    private RecordReading ReadRow()
    {
        _text.Clear();
        foreach (ColumnReader column in _columns!)
        {
            _reading = column.Name;
            column.ReadRow(_text);
        }

        string place = $"{_path}:{_rowsBefore + ++_row}";
        if (_text.IsTooLarge)
            return RecordReading.LeftOut(place, RecordReading.TooLarge, $"more than {_maxBytes} bytes");
        return _text.Values == 0
            ? RecordReading.LeftOut(place, RecordReading.Empty, "no value")
            : RecordReading.FromUtf8(place, _text.Bytes);
    }

    private void LeaveGroup()
    {
        _rowsBefore += _groups[_group++].Rows;
        _row = 0;
    }

    private RecordReading Lost(string detail) => RecordReading.LeftOut(_path, RecordReading.Malformed, detail.ReplaceLineEndings(" "));

    /// <summary>A place or length that is wrong shows as one that lies outside of its array.</summary>
    private static bool IsDamage(Exception exception) =>
        exception is InvalidDataException or ArgumentOutOfRangeException or IndexOutOfRangeException or OverflowException;

    private InvalidDataException CannotRead(Exception exception) =>
        new($"corpus file '{_path}' cannot be read: {exception.Message.ReplaceLineEndings(" ")}", exception);
}
