using System.Buffers.Binary;
using RlmEngine.Corpus.Compression;

namespace RlmEngine.Tests.Corpus;

/// <summary>Writes Zstandard frames of blocks that are stored or repeat a byte.</summary>
internal static class ZstdFrames
{
    /// <summary>A frame of stored blocks with a checksum.</summary>
    public static byte[] Raw(byte[] content)
    {
        var hash = new XxHash64();
        hash.Append(content);
        byte[] checksum = BitConverter.GetBytes((uint)hash.Finish());
        return [.. Head(windowExponent: 7, hasChecksum: true), .. content.Chunk(1 << 16).SelectMany(part => Block(0, part.Length, part)), .. Block(0, 0, [], isLast: true), .. checksum];
    }

    /// <summary>A frame of many blocks of zeros, 128 KiB each.</summary>
    public static byte[] Zeros(int blocks) =>
        [.. Head(windowExponent: 7, hasChecksum: false), .. Enumerable.Range(0, blocks).SelectMany(i => Block(1, 128 * 1024, [0], isLast: i == blocks - 1))];

    /// <summary>The start of a frame with a window of 2^(10 + exponent) bytes.</summary>
    public static byte[] Head(int windowExponent, bool hasChecksum, byte dictionary = 0)
    {
        byte[] head = [0x28, 0xB5, 0x2F, 0xFD, (byte)((hasChecksum ? 4 : 0) | (dictionary > 0 ? 1 : 0)), (byte)(windowExponent << 3)];
        return dictionary > 0 ? [.. head, dictionary] : head;
    }

    public static byte[] Block(int kind, int size, byte[] content, bool isLast = false)
    {
        Span<byte> head = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(head, (size << 3) | (kind << 1) | (isLast ? 1 : 0));
        return [.. head[..3], .. content];
    }

    /// <summary>A frame that decoders pass over.</summary>
    public static byte[] Skippable(int length) => [0x50, 0x2A, 0x4D, 0x18, .. BitConverter.GetBytes(length), .. new byte[length]];
}
