using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace RlmEngine.Curriculum;

/// <summary>Keeps a pool in one binary file, so that a resumed run draws from exactly what the first one scored.</summary>
/// <remarks>
/// Little-endian: the eight bytes "RLMPOOL1", both cuts and the least entropy as doubles, the number of documents, then for each its
/// length, token ids and entropies; last, the SHA-256 of all that.
/// </remarks>
public static class PositionPoolFile
{
    private static readonly byte[] _magic = "RLMPOOL1"u8.ToArray();

    /// <summary>Writes a pool to a temporary file beside the path, flushes it to the disk and renames it.</summary>
    public static void Write(string path, PositionPool pool)
    {
        string temporary = path + ".tmp";
        using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            using var sha = SHA256.Create();
            using (var hashed = new CryptoStream(file, sha, CryptoStreamMode.Write, leaveOpen: true))
            using (var writer = new BinaryWriter(hashed))
                WriteBody(writer, pool);
            file.Write(sha.Hash);
            file.Flush(flushToDisk: true);
        }
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Reads a pool.</summary>
    /// <exception cref="InvalidDataException">The file is cut off, damaged or something else.</exception>
    public static PositionPool Read(string path)
    {
        using FileStream file = File.OpenRead(path);
        long bodyLength = file.Length - SHA256.HashSizeInBytes;
        if (bodyLength < _magic.Length || !IsIntact(file, bodyLength))
            throw new InvalidDataException($"{path}: not a whole file of scored positions (its checksum does not match)");
        file.Position = 0;
        using var reader = new BinaryReader(file);
        if (!reader.ReadBytes(_magic.Length).AsSpan().SequenceEqual(_magic))
            throw new InvalidDataException($"{path}: not a file of scored positions of this version");
        return ReadBody(reader);
    }

    private static void WriteBody(BinaryWriter writer, PositionPool pool)
    {
        writer.Write(_magic);
        writer.Write(pool.Cuts.Medium);
        writer.Write(pool.Cuts.Hard);
        writer.Write(pool.MinEntropy);
        writer.Write(pool.DocumentCount);
        for (int d = 0; d < pool.DocumentCount; d++)
        {
            writer.Write(pool.Document(d).Length);
            writer.Write(MemoryMarshal.AsBytes(pool.Document(d).AsSpan()));
            writer.Write(MemoryMarshal.AsBytes(pool.Entropies(d)));
        }
    }

    private static PositionPool ReadBody(BinaryReader reader)
    {
        var cuts = new TierCuts(reader.ReadDouble(), reader.ReadDouble());
        double minEntropy = reader.ReadDouble();
        var documents = new int[reader.ReadInt32()][];
        var entropies = new float[documents.Length][];
        for (int d = 0; d < documents.Length; d++)
        {
            documents[d] = new int[reader.ReadInt32()];
            entropies[d] = new float[documents[d].Length];
            reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(documents[d].AsSpan()));
            reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(entropies[d].AsSpan()));
        }
        return new PositionPool(documents, entropies, cuts, minEntropy);
    }

    private static bool IsIntact(FileStream file, long bodyLength)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[1 << 16];
        for (long left = bodyLength; left > 0;)
        {
            int read = file.Read(buffer, 0, (int)Math.Min(buffer.Length, left));
            if (read == 0)
                return false;
            hash.AppendData(buffer, 0, read);
            left -= read;
        }
        byte[] stored = new byte[SHA256.HashSizeInBytes];
        file.ReadExactly(stored);
        return stored.AsSpan().SequenceEqual(hash.GetHashAndReset());
    }
}
