namespace RlmEngine.Corpus;

/// <summary>Reads a text file as one document, or as several when it is long; their bytes together are the file's.</summary>
internal static class TextFileReader
{
    /// <summary>Reads the records of a file, at most one part of it in memory.</summary>
    /// <param name="path">The file.</param>
    /// <param name="splitBytes">Bytes of a part at most; 0 never cuts.</param>
    /// <param name="maxBytes">Bytes of a document at most.</param>
    public static IEnumerable<RecordReading> Read(string path, int splitBytes, int maxBytes)
    {
        using var file = new CorpusFileStream(path);
        int limit = splitBytes > 0 ? Math.Min(splitBytes, maxBytes) : maxBytes;
        bool isLong = file.Fill(limit + 1);
        if (isLong && splitBytes == 0)
            yield return RecordReading.LeftOut(path, RecordReading.TooLarge, $"more than {maxBytes} bytes");
        else if (!isLong && !file.IsDamaged)
            yield return RecordReading.FromUtf8(path, file.Available);
        else
        {
            for (int part = 1; file.Fill(1); part++)
            {
                isLong = file.Fill(limit + 1);
                if (!isLong && file.IsDamaged)
                    break;
                int length = isLong ? CutBefore(file.Available, limit) : file.Available.Length;
                yield return RecordReading.FromUtf8($"{path}#{part}", file.Available[..length]);
                file.Skip(length);
            }
        }

        if (file.IsDamaged)
            yield return RecordReading.LeftOut(path, RecordReading.Malformed, "the compressed data is damaged or ends early; the rest is lost");
    }

    /// <summary>Where to cut, at most limit bytes in: in the second half after the last blank line, line or space, else between characters.</summary>
    private static int CutBefore(ReadOnlySpan<byte> bytes, int limit)
    {
        ReadOnlySpan<byte> part = bytes[..limit];
        int blankLine = Math.Max(EndOfLast(part, "\n\n"u8), EndOfLast(part, "\n\r\n"u8));
        if (blankLine > limit / 2)
            return blankLine;
        int line = EndOfLast(part, "\n"u8);
        if (line > limit / 2)
            return line;
        int space = EndOfLast(part, " "u8);
        if (space > limit / 2)
            return space;
        int character = limit;
        while (character > limit - 4 && character > 1 && (bytes[character] & 0xC0) == 0x80)
            character--;
        return (bytes[character] & 0xC0) == 0x80 ? limit : character;
    }

    private static int EndOfLast(ReadOnlySpan<byte> part, ReadOnlySpan<byte> value)
    {
        int at = part.LastIndexOf(value);
        return at < 0 ? 0 : at + value.Length;
    }
}
