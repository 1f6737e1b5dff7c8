using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using RlmEngine.Kernels.Dense;

namespace RlmEngine.Checkpoints;

/// <summary>Writes a safetensors file of float32 or bfloat16 tensors as a stream: the header first, then each tensor's numbers in the order declared.</summary>
public sealed class SafetensorsWriter : IDisposable
{
    // A span of bytes holds at most 2^31 - 1 of them, so long tensors are written in pieces.
    private const int Piece = 1 << 18;

    private readonly FileStream _file;
    private readonly IReadOnlyList<SafetensorsEntry> _entries;
    private readonly long _total;
    private readonly byte[] _rounded = new byte[2 * Piece];
    private int _entry;
    private long _writtenOfEntry;
    private long _written;

    /// <summary>Creates the file, or overwrites it, and writes its header.</summary>
    /// <param name="path">The file.</param>
    /// <param name="entries">The tensors, of type F32 or BF16, names unique.</param>
    /// <param name="metadata">Strings beside the tensors; null for {"format":"pt"}.</param>
    /// <exception cref="ArgumentException">A name twice, another type than F32 and BF16, or a negative extent.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public SafetensorsWriter(string path, IReadOnlyList<SafetensorsEntry> entries, IReadOnlyDictionary<string, string>? metadata = null)
    {
        byte[] header = Header(entries, metadata ?? new Dictionary<string, string> { ["format"] = "pt" });
        _entries = entries;
        _total = entries.Sum(entry => entry.Count);
        _file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, 1 << 16);
        try
        {
            Span<byte> length = stackalloc byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
            _file.Write(length);
            _file.Write(header);
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <summary>Writes the next numbers, rounded to nearest even for BF16: a whole tensor, a part of one, or several that follow each other.</summary>
    /// <exception cref="InvalidOperationException">More numbers than declared.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Write(ReadOnlySpan<float> numbers)
    {
        if (numbers.Length > _total - _written)
            throw new InvalidOperationException($"more numbers than the {_total} declared");
        _written += numbers.Length;
        while (numbers.Length > 0)
        {
            SafetensorsEntry entry = _entries[_entry];
            int length = (int)Math.Min(Math.Min(Piece, numbers.Length), entry.Count - _writtenOfEntry);
            if (length == 0)
            {
                (_entry, _writtenOfEntry) = (_entry + 1, 0);
                continue;
            }

            Write(entry.Type, numbers[..length]);
            _writtenOfEntry += length;
            numbers = numbers[length..];
        }
    }

    /// <summary>Ends the file and flushes it to disk.</summary>
    /// <exception cref="InvalidOperationException">Fewer numbers were written than declared.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Complete()
    {
        if (_written != _total)
            throw new InvalidOperationException($"{_written} of {_total} numbers written ({_entries.Count} tensors)");
        _file.Flush(flushToDisk: true);
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    private void Write(string type, ReadOnlySpan<float> numbers)
    {
        if (type == "BF16")
        {
            HalfPrecision.ToBfloat16(numbers, _rounded.AsSpan(0, 2 * numbers.Length));
            _file.Write(_rounded, 0, 2 * numbers.Length);
        }
        else if (BitConverter.IsLittleEndian)
        {
            _file.Write(MemoryMarshal.AsBytes(numbers));
        }
        else
        {
            Span<byte> number = stackalloc byte[sizeof(float)];
            foreach (float value in numbers)
            {
                BinaryPrimitives.WriteSingleLittleEndian(number, value);
                _file.Write(number);
            }
        }
    }

    private static byte[] Header(IReadOnlyList<SafetensorsEntry> entries, IReadOnlyDictionary<string, string> metadata)
    {
        HashSet<string> names = [];
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream))
        {
            json.WriteStartObject();
            json.WriteStartObject("__metadata__");
            foreach ((string key, string value) in metadata)
                json.WriteString(key, value);
            json.WriteEndObject();
            long begin = 0;
            foreach (SafetensorsEntry entry in entries)
            {
                if (!names.Add(entry.Name) || entry.Name == "__metadata__" || entry.Type is not ("F32" or "BF16") || entry.Shape.Any(extent => extent < 0))
                    throw new ArgumentException($"tensor \"{entry.Name}\" {entry.Type} {entry.ShapeText}: a unique name, F32 or BF16 and extents >= 0 are needed");
                json.WriteStartObject(entry.Name);
                json.WriteString("dtype", entry.Type);
                json.WriteStartArray("shape");
                foreach (long extent in entry.Shape)
                    json.WriteNumberValue(extent);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(begin);
                json.WriteNumberValue(begin += entry.Bytes);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        while (stream.Length % sizeof(ulong) != 0)
            stream.WriteByte((byte)' ');
        return stream.ToArray();
    }
}
