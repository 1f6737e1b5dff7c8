namespace RlmEngine.Corpus.Compression;

/// <summary>The two things that a block of Snappy or LZ4 can say: bytes as they are, and bytes that came before.</summary>
internal static class BlockCopy
{
    /// <summary>Copies bytes of the block.</summary>
    /// <exception cref="InvalidDataException">There are not so many, or no room for them.</exception>
    public static void Append(Span<byte> output, ref int written, ReadOnlySpan<byte> block, ref int at, long count)
    {
        if (count > block.Length - at || count > output.Length - written)
            throw new InvalidDataException("a compressed block holds more than it should");
        block.Slice(at, (int)count).CopyTo(output[written..]);
        at += (int)count;
        written += (int)count;
    }

    /// <summary>Copies bytes of the output from so far back; the two places may overlap.</summary>
    /// <exception cref="InvalidDataException">There are no such bytes, or no room for them.</exception>
    public static void Repeat(Span<byte> output, ref int written, long offset, long count)
    {
        if (offset <= 0 || offset > written || count > output.Length - written)
            throw new InvalidDataException("a match of a compressed block reaches outside of its content");
        Span<byte> target = output.Slice(written, (int)count);
        ReadOnlySpan<byte> source = output.Slice(written - (int)offset, (int)Math.Min(offset, count));
        for (int done = 0; done < target.Length; done += source.Length)
            source[..Math.Min(source.Length, target.Length - done)].CopyTo(target[done..]);
        written += (int)count;
    }
}
