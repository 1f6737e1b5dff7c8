using System.IO.Compression;
using RlmEngine.Corpus.Compression;

namespace RlmEngine.Corpus.Parquet;

/// <summary>Decompresses pages.</summary>
internal static class PageDecompressor
{
    /// <summary>Throws where so many bytes cannot become so many, before memory is taken for them.</summary>
    /// <exception cref="InvalidDataException">They cannot.</exception>
    public static void CheckLength(int codec, long length, long contentLength)
    {
        long mostPerByte = codec switch { 0 => 1, 1 => 64, 2 => 1100, 5 or 7 => 256, _ => long.MaxValue };
        if (length == 0 ? contentLength > 0 : contentLength / length > mostPerByte)
            throw Damaged();
    }

    /// <summary>Decompresses bytes whose content has a known length.</summary>
    /// <param name="codec">The format's number of the codec.</param>
    /// <param name="compressed">What is compressed.</param>
    /// <param name="start">Where it starts.</param>
    /// <param name="length">Bytes of it.</param>
    /// <param name="output">The content, to be filled exactly.</param>
    /// <exception cref="InvalidDataException">The bytes are damaged, of another length, or of a codec that is not read.</exception>
    public static void Decompress(int codec, byte[] compressed, int start, int length, Span<byte> output)
    {
        ReadOnlySpan<byte> bytes = compressed.AsSpan(start, length);
        switch (codec)
        {
            case 0 when length == output.Length:
                bytes.CopyTo(output);
                break;
            case 1:
                SnappyBlock.Decompress(bytes, output);
                break;
            case 2:
                using (var gzip = new GzipReader(new MemoryStream(compressed, start, length)))
                    ReadAll(gzip, output);
                break;
            case 4:
                if (!BrotliDecoder.TryDecompress(bytes, output, out int written) || written != output.Length)
                    throw Damaged();
                break;
            case 5:
                Lz4Block.DecompressEither(bytes, output);
                break;
            case 6:
                using (var zstd = new ZstdReader(new MemoryStream(compressed, start, length)))
                    ReadAll(zstd, output);
                break;
            case 7:
                Lz4Block.Decompress(bytes, output);
                break;
            default:
                throw codec == 0 ? Damaged() : new InvalidDataException($"compression {(codec == 3 ? "LZO" : $"number {codec}")} is not read");
        }
    }

    private static void ReadAll(IDecompressor decompressor, Span<byte> output)
    {
        while (!output.IsEmpty)
        {
            int read = decompressor.Read(output);
            if (read == 0)
                throw Damaged();
            output = output[read..];
        }

        if (decompressor.Read(stackalloc byte[1]) != 0 || decompressor.IsDamaged)
            throw Damaged();
    }

    private static InvalidDataException Damaged() => new("the compressed data of a page is damaged");
}
