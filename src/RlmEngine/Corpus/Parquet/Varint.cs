namespace RlmEngine.Corpus.Parquet;

/// <summary>Numbers of seven bits a byte, the lowest first.</summary>
internal static class Varint
{
    /// <summary>Reads one.</summary>
    /// <param name="bytes">The page.</param>
    /// <param name="at">Where it starts; moved behind it.</param>
    /// <param name="end">Where the page ends.</param>
    /// <param name="bits">Bits it may hold: a longer one is damaged.</param>
    /// <exception cref="InvalidDataException">The page ends in it, or it is too long.</exception>
    public static ulong Read(byte[] bytes, ref int at, int end, int bits = 64)
    {
        ulong value = 0;
        for (int shift = 0; shift < bits; shift += 7)
        {
            if (at >= end)
                throw new InvalidDataException("a page ends early");
            byte next = bytes[at++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }

        throw new InvalidDataException("a page is damaged");
    }
}
