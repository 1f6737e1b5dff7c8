using RlmEngine.Metrics;

namespace RlmEngine.Cli.Commands;

/// <summary>Reads a stream as lines of bytes: a line ends before its line feed, and what follows the last one is a line unless empty.</summary>
internal static class ByteLines
{
    private const int BlockBytes = 1 << 16;

    /// <summary>The lines, one after another; memory does not grow with their number.</summary>
    /// <exception cref="UserInputException">A line is longer than an array can be.</exception>
    public static IEnumerable<byte[]> Read(Stream input)
    {
        byte[] buffer = new byte[BlockBytes];
        int start = 0, count = 0;
        for (int read = input.Read(buffer); read > 0; read = input.Read(buffer.AsSpan(count)))
        {
            int searched = count;
            count += read;
            for (int end = IndexOfLineFeed(buffer, searched, count); end >= 0; end = IndexOfLineFeed(buffer, searched, count))
            {
                yield return buffer[start..end];
                (start, searched) = (end + 1, end + 1);
            }

            buffer.AsSpan(start, count - start).CopyTo(buffer);
            (start, count) = (0, count - start);
            if (count > Array.MaxLength / 2)
                throw new UserInputException($"a line is longer than {Array.MaxLength / 2} bytes");
            if (count > buffer.Length / 2)
                Array.Resize(ref buffer, 2 * buffer.Length);
        }

        if (count > 0)
            yield return buffer[..count];
    }

    /// <summary>The lines in groups of about so many bytes.</summary>
    public static IEnumerable<byte[][]> Batches(Stream input, int bytes)
    {
        var batch = new List<byte[]>();
        int held = 0;
        foreach (byte[] line in Read(input))
        {
            batch.Add(line);
            // An empty line is not free either.
            held += line.Length + 32;
            if (held < bytes)
                continue;
            yield return [.. batch];
            batch.Clear();
            held = 0;
        }

        if (batch.Count > 0)
            yield return [.. batch];
    }

    /// <summary>All bytes.</summary>
    /// <exception cref="UserInputException">There are more than an array can hold.</exception>
    public static byte[] ReadAll(Stream input)
    {
        try
        {
            using var all = new MemoryStream();
            input.CopyTo(all);
            return all.ToArray();
        }
        catch (IOException exception) when (exception.HResult == TooLong)
        {
            throw new UserInputException("the input is longer than 2 GiB, which is too long for one text; leave out --whole", exception);
        }
    }

    /// <summary>The error a memory stream gives when it is full.</summary>
    private const int TooLong = unchecked((int)0x80131620);

    private static int IndexOfLineFeed(byte[] buffer, int from, int count)
    {
        int at = buffer.AsSpan(from, count - from).IndexOf((byte)'\n');
        return at < 0 ? -1 : from + at;
    }
}
