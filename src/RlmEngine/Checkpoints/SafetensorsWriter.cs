using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace RlmEngine.Checkpoints;

/// <summary>
/// Writes a safetensors file of float32 or bfloat16 tensors as a stream: the header first, then each tensor's numbers in the order declared.
/// </summary>
public sealed class SafetensorsWriter : IDisposable
{
    private readonly FileStream _file;
    private readonly IReadOnlyList<SafetensorsEntry> _entries;
    private readonly long _total;
    private readonly bool _isBrainFloat;
    private ushort[] _rounded = [];
    private long _written;

    /// <summary>Creates the file, or overwrites it, and writes its header.</summary>
    /// <param name="path">The file.</param>
    /// <param name="entries">The tensors, all of type F32 or all BF16, names unique.</param>
    /// <param name="metadata">Strings beside the tensors; null for {"format":"pt"}.</param>
    /// <exception cref="ArgumentException">A name twice, another type, two types, or a negative extent.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public SafetensorsWriter(string path, IReadOnlyList<SafetensorsEntry> entries, IReadOnlyDictionary<string, string>? metadata = null)
    {
        byte[] header = Header(entries, metadata ?? new Dictionary<string, string> { ["format"] = "pt" });
        _entries = entries;
        _total = entries.Sum(entry => entry.Count);
        _isBrainFloat = entries is [{ Type: "BF16" }, ..];
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

    /// <summary>Writes the next numbers: a whole tensor, a part of one, or several that follow each other; bfloat16 is rounded to nearest even.</summary>
    /// <exception cref="InvalidOperationException">More numbers than declared.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Write(ReadOnlySpan<float> numbers)
    {
        if (numbers.Length > _total - _written)
            throw new InvalidOperationException($"more numbers than the {_total} declared");
        if (_isBrainFloat)
        {
            WriteRounded(numbers);
        }
        else if (BitConverter.IsLittleEndian)
        {
            // A span of bytes holds at most 2^31 - 1 of them, so long tensors are cast in pieces.
            const int Piece = 1 << 24;
            for (ReadOnlySpan<float> rest = numbers; rest.Length > 0; rest = rest[Math.Min(Piece, rest.Length)..])
                _file.Write(MemoryMarshal.AsBytes(rest[..Math.Min(Piece, rest.Length)]));
        }
        else
        {
            WriteSwapped(numbers);
        }

        _written += numbers.Length;
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

    private void WriteRounded(ReadOnlySpan<float> numbers)
    {
        const int Piece = 1 << 18;
        if (_rounded.Length == 0)
            _rounded = new ushort[Piece];
        while (!numbers.IsEmpty)
        {
            Span<ushort> piece = _rounded.AsSpan(0, Math.Min(Piece, numbers.Length));
            BrainFloat.Round(numbers[..piece.Length], piece);
            if (!BitConverter.IsLittleEndian)
                BinaryPrimitives.ReverseEndianness(piece, piece);
            _file.Write(MemoryMarshal.AsBytes(piece));
            numbers = numbers[piece.Length..];
        }
    }

    private void WriteSwapped(ReadOnlySpan<float> numbers)
    {
        Span<byte> number = stackalloc byte[sizeof(float)];
        foreach (float value in numbers)
        {
            BinaryPrimitives.WriteSingleLittleEndian(number, value);
            _file.Write(number);
        }
    }

    private static byte[] Header(IReadOnlyList<SafetensorsEntry> entries, IReadOnlyDictionary<string, string> metadata)
    {
        HashSet<string> names = [];
        string type = entries is [{ Type: "BF16" }, ..] ? "BF16" : "F32";
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
                if (!names.Add(entry.Name) || entry.Name == "__metadata__" || entry.Type != type || entry.Shape.Any(extent => extent < 0))
                    throw new ArgumentException($"tensor \"{entry.Name}\" {entry.Type} {entry.ShapeText}: a unique name, {type} and extents >= 0 are needed");
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
