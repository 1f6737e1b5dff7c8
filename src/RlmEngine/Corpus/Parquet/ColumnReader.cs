using Microsoft.Win32.SafeHandles;

namespace RlmEngine.Corpus.Parquet;

/// <summary>Reads the values of a chosen column row by row.</summary>
internal sealed class ColumnReader(SafeFileHandle file, ParquetSelection selection)
{
    private readonly PageReader _pages = new(file, selection.Column);
    private readonly int[] _elements = new int[selection.Column.MaxRepetition];
    private int _left;
    private int _repetition;
    private int _definition;
    private bool _isAhead;

    /// <summary>The field that chose the column.</summary>
    public string Name => selection.Field.Text;

    /// <summary>Goes to the first row of a row group.</summary>
    /// <exception cref="InvalidDataException">The row group has no such column, or one that cannot be read.</exception>
    public void Open(ParquetRowGroup group)
    {
        if (selection.Column.Index >= group.Chunks.Count)
            throw new InvalidDataException("the row group has no such column");
        _pages.Open(group.Chunks[selection.Column.Index]);
        _left = 0;
        _isAhead = false;
    }

    /// <summary>Gives the values of the next row.</summary>
    /// <exception cref="InvalidDataException">There is no such row, or it is damaged.</exception>
    public void ReadRow(IRowValues row)
    {
        if (!_isAhead && !Advance())
            throw new InvalidDataException("the column ends early");
        if (_repetition != 0)
            throw new InvalidDataException("a row does not begin where it should");
        _isAhead = false;
        Array.Clear(_elements);
        ReadValue(row);
        if (_elements.Length == 0)
            return;
        while (Advance())
        {
            if (_repetition == 0)
            {
                _isAhead = true;
                return;
            }

            _elements[_repetition - 1]++;
            Array.Clear(_elements, _repetition, _elements.Length - _repetition);
            ReadValue(row);
        }
    }

    private void ReadValue(IRowValues row)
    {
        if (_definition < selection.Column.MaxDefinition)
            return;
        ReadOnlySpan<byte> value = _pages.Content.Next();
        for (int i = 0; i < _elements.Length; i++)
        {
            if (selection.Elements[i] is int chosen && chosen != _elements[i])
                return;
        }

        row.Add(selection.Column, value);
    }

    private bool Advance()
    {
        while (_left == 0)
        {
            if (!_pages.Next())
                return false;
            _left = _pages.Values;
        }

        _left--;
        _repetition = (int)(_pages.Repetitions?.Next() ?? 0);
        _definition = (int)(_pages.Definitions?.Next() ?? 0);
        if (_repetition > selection.Column.MaxRepetition || _definition > selection.Column.MaxDefinition)
            throw new InvalidDataException("a level is higher than it can be");
        return true;
    }
}
