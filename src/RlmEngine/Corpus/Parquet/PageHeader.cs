namespace RlmEngine.Corpus.Parquet;

/// <summary>What stands before a page.</summary>
internal sealed record PageHeader
{
    /// <summary>0 and 3 hold values, 2 is a dictionary.</summary>
    public int Kind { get; private set; } = -1;

    /// <summary>Bytes of the content.</summary>
    public int ContentLength { get; private set; }

    /// <summary>Bytes in the file.</summary>
    public int StoredLength { get; private set; }

    /// <summary>Values, nulls among them.</summary>
    public int Values { get; private set; }

    /// <summary>The encoding of the values.</summary>
    public int Encoding { get; private set; }

    /// <summary>True where levels are in the outdated encoding BIT_PACKED, by definition and repetition.</summary>
    public (bool Definition, bool Repetition) IsBitPacked { get; private set; }

    /// <summary>Bytes of the levels before the values, in pages of kind 3.</summary>
    public (int Definition, int Repetition) LevelBytes { get; private set; }

    /// <summary>False where the values of a page of kind 3 are stored as they are.</summary>
    public bool IsCompressed { get; private set; } = true;

    /// <summary>Reads a header; <paramref name="used"/> is how many bytes it takes.</summary>
    /// <exception cref="InvalidDataException">It is damaged or does not end in these bytes.</exception>
    public static PageHeader Read(ReadOnlySpan<byte> bytes, out int used)
    {
        var thrift = new ThriftReader(bytes);
        var header = new PageHeader();
        int id = 0;
        while (thrift.NextField(ref id, out int type))
        {
            switch (id)
            {
                case 1:
                    header.Kind = thrift.ReadCount(type);
                    break;
                case 2:
                    header.ContentLength = thrift.ReadCount(type);
                    break;
                case 3:
                    header.StoredLength = thrift.ReadCount(type);
                    break;
                case 5 or 7 or 8:
                    ThriftReader.Expect(type == ThriftReader.Struct);
                    header.ReadKind(ref thrift, id);
                    break;
                default:
                    thrift.Skip(type);
                    break;
            }
        }

        used = thrift.Position;
        return header;
    }

    private void ReadKind(ref ThriftReader thrift, int kind)
    {
        int id = 0;
        while (thrift.NextField(ref id, out int type))
        {
            switch ((kind, id))
            {
                case (_, 1):
                    Values = thrift.ReadCount(type);
                    break;
                case (5 or 7, 2) or (8, 4):
                    Encoding = thrift.ReadCount(type);
                    break;
                case (5, 3):
                    IsBitPacked = IsBitPacked with { Definition = thrift.ReadCount(type) == 4 };
                    break;
                case (5, 4):
                    IsBitPacked = IsBitPacked with { Repetition = thrift.ReadCount(type) == 4 };
                    break;
                case (8, 5):
                    LevelBytes = LevelBytes with { Definition = thrift.ReadCount(type) };
                    break;
                case (8, 6):
                    LevelBytes = LevelBytes with { Repetition = thrift.ReadCount(type) };
                    break;
                case (8, 7):
                    IsCompressed = type != 2;
                    break;
                default:
                    thrift.Skip(type);
                    break;
            }
        }
    }
}
