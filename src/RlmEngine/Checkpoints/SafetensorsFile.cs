using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace RlmEngine.Checkpoints;

/// <summary>An open safetensors file: header validated whole when it is opened, numbers read on demand.</summary>
public sealed class SafetensorsFile : IDisposable
{
    private readonly SafeFileHandle _handle;
    private readonly long _dataStart;
    private readonly Dictionary<string, SafetensorsEntry> _byName;

    private SafetensorsFile(string path, SafeFileHandle handle, long dataStart, SafetensorsHeader header)
    {
        Path = path;
        _handle = handle;
        _dataStart = dataStart;
        Tensors = header.Tensors;
        Metadata = header.Metadata;
        _byName = header.Tensors.ToDictionary(entry => entry.Name);
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The tensors, in the order of their bytes.</summary>
    public IReadOnlyList<SafetensorsEntry> Tensors { get; }

    /// <summary>Strings beside the tensors.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Opens a file and validates its header.</summary>
    /// <exception cref="InvalidDataException">The file is cut off, or its header is not valid; names file and tensor.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static SafetensorsFile Open(string path)
    {
        SafeFileHandle handle = File.OpenHandle(path);
        try
        {
            long length = RandomAccess.GetLength(handle);
            Span<byte> prefix = stackalloc byte[sizeof(ulong)];
            if (length < prefix.Length || RandomAccess.Read(handle, prefix, 0) < prefix.Length)
                throw new InvalidDataException($"{path}: cut off: {length} bytes, and the header's length alone takes 8");
            ulong headerLength = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
            if (headerLength > SafetensorsHeader.LargestHeader)
                throw new InvalidDataException($"{path}: a header of {headerLength} bytes; at most {SafetensorsHeader.LargestHeader} are allowed");
            long dataStart = prefix.Length + (long)headerLength;
            if (dataStart > length)
                throw new InvalidDataException($"{path}: cut off: the header alone takes {dataStart} bytes and the file has {length}");
            byte[] header = new byte[headerLength];
            ReadFully(path, handle, header, prefix.Length);
            return new SafetensorsFile(path, handle, dataStart, SafetensorsHeader.Parse(path, header, length - dataStart));
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>True when a tensor of that name is in the file.</summary>
    public bool Contains(string name) => _byName.ContainsKey(name);

    /// <summary>The tensor of a name.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    public SafetensorsEntry this[string name] => _byName.TryGetValue(name, out SafetensorsEntry? entry)
        ? entry
        : throw new InvalidDataException($"{Path}: tensor \"{name}\" is missing");

    /// <summary>Reads a whole float32 tensor.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="shape">The shape it must have.</param>
    /// <param name="destination">Room for exactly its numbers.</param>
    /// <exception cref="InvalidDataException">Missing, another type or shape, or cut off.</exception>
    public void Read(string name, ReadOnlySpan<long> shape, Span<float> destination)
    {
        SafetensorsEntry entry = this[name];
        if (entry.Type != "F32")
            throw new InvalidDataException($"{Path}: tensor \"{name}\" has type {entry.Type}; F32 is needed");
        if (!shape.SequenceEqual([.. entry.Shape]))
            throw new InvalidDataException($"{Path}: tensor \"{name}\" has shape {entry.ShapeText}; [{string.Join(", ", shape.ToArray())}] is needed");
        if (destination.Length != entry.Count)
            throw new ArgumentException($"room for {destination.Length} numbers, and \"{name}\" has {entry.Count}", nameof(destination));
        long offset = _dataStart + entry.Begin;
        const int Piece = 1 << 24;
        for (Span<float> rest = destination; rest.Length > 0; rest = rest[Math.Min(Piece, rest.Length)..])
        {
            Span<float> piece = rest[..Math.Min(Piece, rest.Length)];
            ReadFully(Path, _handle, MemoryMarshal.AsBytes(piece), offset);
            offset += (long)piece.Length * sizeof(float);
            if (!BitConverter.IsLittleEndian)
            {
                Span<int> bits = MemoryMarshal.Cast<float, int>(piece);
                BinaryPrimitives.ReverseEndianness(bits, bits);
            }
        }
    }

    /// <summary>Reads a whole float32 tensor into a new array.</summary>
    /// <exception cref="InvalidDataException">Missing, another type or shape, too long for an array, or cut off.</exception>
    public float[] Read(string name, params ReadOnlySpan<long> shape)
    {
        SafetensorsEntry entry = this[name];
        if (entry.Count > Array.MaxLength)
            throw new InvalidDataException($"{Path}: tensor \"{name}\" has {entry.Count} numbers; an array holds {Array.MaxLength}");
        float[] numbers = new float[entry.Count];
        Read(name, shape, numbers);
        return numbers;
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _handle.Dispose();

    private static void ReadFully(string path, SafeFileHandle handle, Span<byte> destination, long offset)
    {
        while (destination.Length > 0)
        {
            int count = RandomAccess.Read(handle, destination, offset);
            if (count == 0)
                throw new InvalidDataException($"{path}: cut off at byte {offset}");
            destination = destination[count..];
            offset += count;
        }
    }
}
