using System.Text;

namespace RlmEngine.Tests.Corpus;

/// <summary>Writes small Parquet files: pages of version 1, values PLAIN, levels as runs of one.</summary>
internal sealed class ParquetFileBuilder
{
    private readonly List<byte> _file = [.. "PAR1"u8];
    private readonly List<ThriftWriter> _schema = [];
    private readonly List<ThriftWriter> _groups = [];

    /// <summary>Codec of the chunks that follow, as the format numbers it, and what it does.</summary>
    public (int Number, Func<byte[], byte[]> Compress) Codec { get; set; } = (0, bytes => bytes);

    /// <summary>Adds a node of the schema: 0 required, 1 optional, 2 repeated; converted 0 = UTF8, 1 = map, 3 = list.</summary>
    public ParquetFileBuilder Node(string name, int? type = null, int repetition = 1, int children = 0, int? converted = null)
    {
        var node = new ThriftWriter();
        if (type is int stored)
            node.Integer(1, stored);
        if (_schema.Count > 0)
            node.Integer(3, repetition);
        node.Text(4, name);
        if (children > 0)
            node.Integer(5, children);
        if (converted is int meaning)
            node.Integer(6, meaning);
        _schema.Add(node);
        return this;
    }

    /// <summary>Adds a row group; each chunk is (values, nulls among them, page content).</summary>
    public ParquetFileBuilder Group(long rows, params (int Values, byte[] Page)[] chunks)
    {
        List<ThriftWriter> columns = [];
        foreach ((int values, byte[] page) in chunks)
        {
            long start = _file.Count;
            byte[] stored = Codec.Compress(page);
            var data = new ThriftWriter().Integer(1, values).Integer(2, 0).Integer(3, 3).Integer(4, 3);
            new ThriftWriter().Integer(1, 0).Integer(2, page.Length).Integer(3, stored.Length).Struct(5, data).WriteTo(_file);
            _file.AddRange(stored);
            var meta = new ThriftWriter().Integer(4, Codec.Number).Integer(5, values).Integer(7, _file.Count - start).Integer(9, start);
            columns.Add(new ThriftWriter().Integer(2, start).Struct(3, meta));
        }

        _groups.Add(new ThriftWriter().List(1, columns).Integer(3, rows));
        return this;
    }

    public byte[] Build()
    {
        long start = _file.Count;
        new ThriftWriter().Integer(1, 1).List(2, _schema).Integer(3, 0).List(4, _groups).WriteTo(_file);
        _file.AddRange(BitConverter.GetBytes((int)(_file.Count - start)));
        _file.AddRange("PAR1"u8);
        return [.. _file];
    }

    /// <summary>A page of an optional text column.</summary>
    public static (int Values, byte[] Page) Texts(params string?[] texts) =>
        Page([.. texts.Select(text => (0, text is null ? 0 : 1, text is null ? null : Encoding.UTF8.GetBytes(text)))], hasRepetition: false);

    /// <summary>A page of byte arrays with their levels.</summary>
    public static (int Values, byte[] Page) Page((int Repetition, int Definition, byte[]? Value)[] values, bool hasRepetition = true)
    {
        using var page = new MemoryStream();
        if (hasRepetition)
            page.Write(Levels(values.Select(value => value.Repetition)));
        page.Write(Levels(values.Select(value => value.Definition)));
        foreach ((_, _, byte[]? value) in values)
        {
            if (value is null)
                continue;
            page.Write(BitConverter.GetBytes(value.Length));
            page.Write(value);
        }

        return (values.Length, page.ToArray());
    }

    private static byte[] Levels(IEnumerable<int> levels)
    {
        byte[] runs = [.. levels.SelectMany(level => new byte[] { 2, (byte)level })];
        return [.. BitConverter.GetBytes(runs.Length), .. runs];
    }
}
