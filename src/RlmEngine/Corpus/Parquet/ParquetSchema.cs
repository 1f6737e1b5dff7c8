namespace RlmEngine.Corpus.Parquet;

/// <summary>Reads the schema of a file's footer: a tree, written as a list in depth-first order.</summary>
internal sealed class ParquetSchema
{
    private const int MaxDepth = 64;

    private readonly List<Element> _elements = [];
    private int _next;
    private int _columns;

    private ParquetSchema()
    {
    }

    /// <summary>Reads the list of schema elements.</summary>
    /// <returns>The root.</returns>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static ParquetNode Read(ref ThriftReader thrift, int type)
    {
        var schema = new ParquetSchema();
        int count = thrift.ReadListOf(type, ThriftReader.Struct);
        for (int i = 0; i < count; i++)
            schema._elements.Add(ReadElement(ref thrift));
        ThriftReader.Expect(count > 0);
        ParquetNode root = schema.Build(0, 0, 0, isRoot: true);
        ThriftReader.Expect(schema._next == count);
        return root;
    }

    private ParquetNode Build(int depth, int definition, int repetition, bool isRoot = false)
    {
        ThriftReader.Expect(depth < MaxDepth && _next < _elements.Count);
        Element element = _elements[_next++];
        bool isRepeated = !isRoot && element.Repetition == 2;
        definition += isRoot || element.Repetition == 0 ? 0 : 1;
        repetition += isRepeated ? 1 : 0;
        if (element.Children is null && !isRoot)
            return new(element.Name, isRepeated, ParquetMeaning.None, definition, repetition, [], ColumnOf(element, definition, repetition));
        List<ParquetNode> children = [];
        for (int i = 0; i < element.Children; i++)
            children.Add(Build(depth + 1, definition, repetition));
        return new(element.Name, isRepeated, element.Meaning, definition, repetition, children, null);
    }

    private ParquetColumn ColumnOf(Element element, int definition, int repetition)
    {
        ThriftReader.Expect(element.Type is >= 0 and <= 7);
        var type = (ParquetType)element.Type!.Value;
        int width = type switch
        {
            ParquetType.Int32 or ParquetType.Float => 4,
            ParquetType.Int64 or ParquetType.Double => 8,
            ParquetType.Int96 => 12,
            ParquetType.FixedBytes => element.Width,
            _ => 0,
        };
        ThriftReader.Expect(type != ParquetType.FixedBytes || width > 0);
        return new ParquetColumn(_columns++, type, element.Meaning, width, element.Scale, definition, repetition);
    }

    private static Element ReadElement(ref ThriftReader thrift)
    {
        var element = new Element("", null, 0, 0, null, ParquetMeaning.None, 0);
        int id = 0;
        while (thrift.NextField(ref id, out int type))
        {
            switch (id)
            {
                case 1:
                    element = element with { Type = thrift.ReadCount(type) };
                    break;
                case 2:
                    element = element with { Width = thrift.ReadCount(type) };
                    break;
                case 3:
                    element = element with { Repetition = thrift.ReadCount(type) };
                    break;
                case 4:
                    element = element with { Name = thrift.ReadString(type) };
                    break;
                case 5:
                    int children = thrift.ReadCount(type);
                    element = element with { Children = children == 0 && element.Type is not null ? null : children };
                    break;
                case 6:
                    ParquetMeaning converted = OfConverted(thrift.ReadCount(type));
                    element = element with { Meaning = element.Meaning == ParquetMeaning.None ? converted : element.Meaning };
                    break;
                case 7:
                    element = element with { Scale = thrift.ReadCount(type) };
                    break;
                case 10:
                    ParquetMeaning logical = ReadLogical(ref thrift, type);
                    element = element with { Meaning = logical == ParquetMeaning.None ? element.Meaning : logical };
                    break;
                default:
                    thrift.Skip(type);
                    break;
            }
        }

        return element;
    }

    private static ParquetMeaning OfConverted(int converted) => converted switch
    {
        1 or 2 => ParquetMeaning.Map,
        3 => ParquetMeaning.List,
        5 => ParquetMeaning.Decimal,
        6 => ParquetMeaning.Date,
        7 => ParquetMeaning.TimeMillis,
        8 => ParquetMeaning.TimeMicros,
        9 => ParquetMeaning.StampMillis,
        10 => ParquetMeaning.StampMicros,
        >= 11 and <= 14 => ParquetMeaning.Unsigned,
        _ => ParquetMeaning.None,
    };

    private static ParquetMeaning ReadLogical(ref ThriftReader thrift, int type)
    {
        ThriftReader.Expect(type == ThriftReader.Struct);
        ParquetMeaning meaning = ParquetMeaning.None;
        int id = 0;
        while (thrift.NextField(ref id, out int inner))
        {
            ThriftReader.Expect(inner == ThriftReader.Struct);
            (bool isSigned, int unit) = ReadDetails(ref thrift);
            meaning = id switch
            {
                2 => ParquetMeaning.Map,
                3 => ParquetMeaning.List,
                5 => ParquetMeaning.Decimal,
                6 => ParquetMeaning.Date,
                7 when unit > 0 => ParquetMeaning.TimeMillis + (unit - 1),
                8 when unit > 0 => ParquetMeaning.StampMillis + (unit - 1),
                10 when !isSigned => ParquetMeaning.Unsigned,
                14 => ParquetMeaning.Uuid,
                15 => ParquetMeaning.Half,
                _ => ParquetMeaning.None,
            };
        }

        return meaning;
    }

    /// <summary>Field 2 of a logical type is the unit of a time (a union of 1 = ms, 2 = µs, 3 = ns) or whether an integer is signed.</summary>
    private static (bool IsSigned, int Unit) ReadDetails(ref ThriftReader thrift)
    {
        bool isSigned = false;
        int unit = 0;
        int id = 0;
        while (thrift.NextField(ref id, out int type))
        {
            if (id != 2 || type != ThriftReader.Struct)
            {
                isSigned |= id == 2 && type == 1;
                thrift.Skip(type);
                continue;
            }

            int unitId = 0;
            while (thrift.NextField(ref unitId, out int unitType))
            {
                unit = unitId is >= 1 and <= 3 ? unitId : 0;
                thrift.Skip(unitType);
            }
        }

        return (isSigned, unit);
    }

    private sealed record Element(string Name, int? Type, int Width, int Repetition, int? Children, ParquetMeaning Meaning, int Scale);
}
