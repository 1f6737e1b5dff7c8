using System.Buffers.Binary;

namespace RlmEngine.Corpus.Compression;

/// <summary>Decompresses blocks of LZ4, alone or one after another in the frames that Hadoop puts around them.</summary>
internal static class Lz4Block
{
    /// <summary>Decompresses a block whose content has a known length.</summary>
    /// <exception cref="InvalidDataException">It is damaged or of another length.</exception>
    public static void Decompress(ReadOnlySpan<byte> block, Span<byte> output)
    {
        int at = 0;
        int written = 0;
        while (at < block.Length)
        {
            int token = block[at++];
            long literals = ReadLength(token >> 4, block, ref at);
            BlockCopy.Append(output, ref written, block, ref at, literals);
            if (at == block.Length)
                break;
            if (block.Length - at < 2)
                throw new InvalidDataException("an LZ4 block ends early");
            int offset = BinaryPrimitives.ReadUInt16LittleEndian(block[at..]);
            at += 2;
            BlockCopy.Repeat(output, ref written, offset, ReadLength(token & 15, block, ref at) + 4);
        }

        if (written != output.Length)
            throw new InvalidDataException("an LZ4 block is not as long as it should be");
    }

    /// <summary>Decompresses either form: Hadoop's, where the lengths in its frames fit, else one block.</summary>
    /// <exception cref="InvalidDataException">It is neither.</exception>
    public static void DecompressEither(ReadOnlySpan<byte> bytes, Span<byte> output)
    {
        if (!IsHadoop(bytes, output.Length))
        {
            Decompress(bytes, output);
            return;
        }

        while (bytes.Length > 0)
        {
            int content = BinaryPrimitives.ReadInt32BigEndian(bytes);
            int length = BinaryPrimitives.ReadInt32BigEndian(bytes[4..]);
            Decompress(bytes.Slice(8, length), output[..content]);
            output = output[content..];
            bytes = bytes[(8 + length)..];
        }
    }

    private static bool IsHadoop(ReadOnlySpan<byte> bytes, int outputLength)
    {
        long total = 0;
        while (bytes.Length >= 8)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]);
            total += BinaryPrimitives.ReadUInt32BigEndian(bytes);
            if (length > bytes.Length - 8 || total > outputLength)
                return false;
            bytes = bytes[(8 + (int)length)..];
        }

        return bytes.IsEmpty && total == outputLength;
    }

    private static long ReadLength(int nibble, ReadOnlySpan<byte> block, ref int at)
    {
        long length = nibble;
        if (nibble < 15)
            return length;
        byte next;
        do
        {
            if (at == block.Length)
                throw new InvalidDataException("an LZ4 block ends early");
            next = block[at++];
            length += next;
        }
        while (next == 255);
        return length;
    }
}
