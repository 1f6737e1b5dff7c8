using System.Buffers.Binary;

namespace RlmEngine.Corpus.Compression;

/// <summary>Decompresses a block of Snappy's raw format.</summary>
internal static class SnappyBlock
{
    /// <summary>Decompresses a block whose content has a known length.</summary>
    /// <exception cref="InvalidDataException">It is damaged or of another length.</exception>
    public static void Decompress(ReadOnlySpan<byte> block, Span<byte> output)
    {
        int at = 0;
        if (ReadLength(block, ref at) != output.Length)
            throw new InvalidDataException("a Snappy block is not as long as it should be");
        int written = 0;
        while (at < block.Length)
        {
            int tag = block[at++];
            int extra = (tag & 3) switch { 0 => tag >> 2 < 60 ? 0 : (tag >> 2) - 59, 1 => 1, 2 => 2, _ => 4 };
            if (block.Length - at < extra)
                throw new InvalidDataException("a Snappy block ends early");
            uint value = LittleEndian(block.Slice(at, extra));
            at += extra;
            if ((tag & 3) != 0)
            {
                bool isShort = (tag & 3) == 1;
                int length = isShort ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
                BlockCopy.Repeat(output, ref written, isShort ? ((long)(tag >> 5) << 8) | value : value, length);
                continue;
            }

            long literals = (extra == 0 ? tag >> 2 : (long)value) + 1;
            BlockCopy.Append(output, ref written, block, ref at, literals);
        }

        if (written != output.Length)
            throw new InvalidDataException("a Snappy block ends early");
    }

    private static long ReadLength(ReadOnlySpan<byte> block, ref int at)
    {
        long length = 0;
        for (int shift = 0; shift < 35 && at < block.Length; shift += 7)
        {
            byte next = block[at++];
            length |= (long)(next & 0x7F) << shift;
            if (next < 0x80)
                return length;
        }

        throw new InvalidDataException("a Snappy block has no length");
    }

    private static uint LittleEndian(ReadOnlySpan<byte> bytes)
    {
        Span<byte> four = stackalloc byte[4];
        four.Clear();
        bytes.CopyTo(four);
        return BinaryPrimitives.ReadUInt32LittleEndian(four);
    }
}
