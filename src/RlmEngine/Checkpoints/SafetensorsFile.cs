using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using RlmEngine.Kernels.Dense;

namespace RlmEngine.Checkpoints;

/// <summary>An open safetensors file: header validated whole when it is opened, numbers read on demand from a memory mapping.</summary>
/// <remarks>The file must not be cut off by somebody else while it is open: the system answers reads behind its end with a signal.</remarks>
public sealed unsafe class SafetensorsFile : IDisposable
{
    private readonly FileStream _stream;
    private readonly long _dataStart;
    private readonly Dictionary<string, SafetensorsEntry> _byName;
    private MemoryMappedFile? _mapping;
    private MemoryMappedViewAccessor? _view;
    private byte* _data;

    /// <summary>Numbers that are widened as one piece of work.</summary>
    internal const int Piece = WidenWork.Piece;

    private SafetensorsFile(string path, FileStream stream, long dataStart, SafetensorsHeader header)
    {
        Path = path;
        _stream = stream;
        _dataStart = dataStart;
        Tensors = header.Tensors;
        Metadata = header.Metadata;
        _byName = Tensors.ToDictionary(entry => entry.Name);
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The tensors, in the order of their bytes.</summary>
    public IReadOnlyList<SafetensorsEntry> Tensors { get; }

    /// <summary>Strings beside the tensors.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Opens a file and validates its header; the numbers are not touched.</summary>
    /// <exception cref="InvalidDataException">It is a folder, cut off, or its header is not valid; names file and tensor.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static SafetensorsFile Open(string path)
    {
        if (Directory.Exists(path))
            throw new InvalidDataException($"{path}: is a folder; a safetensors file is needed");
        FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        try
        {
            SafeFileHandle handle = stream.SafeFileHandle;
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
            return new SafetensorsFile(path, stream, dataStart, SafetensorsHeader.Parse(path, header, length - dataStart));
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>True when a tensor of that name is in the file.</summary>
    public bool Contains(string name) => _byName.ContainsKey(name);

    /// <summary>The tensor of a name.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    public SafetensorsEntry this[string name] => _byName.TryGetValue(name, out SafetensorsEntry? entry)
        ? entry
        : throw new InvalidDataException($"{Path}: tensor {SafetensorsEntry.Shown(name)} is missing");

    /// <summary>Reads a whole tensor of F32, F16 or BF16 as float32, bit for bit; on all cores.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="shape">The shape it must have.</param>
    /// <param name="destination">Room for exactly its numbers.</param>
    /// <exception cref="InvalidDataException">Missing, or of another type or shape.</exception>
    public void Read(string name, ReadOnlySpan<long> shape, Span<float> destination)
    {
        SafetensorsEntry entry = Expect(name, shape);
        if (destination.Length != entry.Count)
            throw new ArgumentException($"room for {destination.Length} numbers, and {name} has {entry.Count}", nameof(destination));
        if (destination.IsEmpty)
            return;
        fixed (float* target = destination)
        {
            WidenWork work = new(Data + entry.Begin, entry.Type, target, destination.Length);
            WorkPool.Run(work.Pieces, work);
        }
    }

    /// <summary>Reads a whole tensor into a new array, as float32.</summary>
    /// <exception cref="InvalidDataException">Missing, another type or shape, or too long for an array.</exception>
    public float[] Read(string name, params ReadOnlySpan<long> shape)
    {
        SafetensorsEntry entry = Expect(name, shape);
        if (entry.Count > Array.MaxLength)
            throw new InvalidDataException($"{Path}: tensor {SafetensorsEntry.Shown(name)} has {entry.Count} numbers; an array holds {Array.MaxLength}");
        float[] numbers = GC.AllocateUninitializedArray<float>((int)entry.Count);
        Read(name, shape, numbers);
        return numbers;
    }

    /// <summary>The tensor of a name, if its numbers can be read as float32 and it has this shape.</summary>
    /// <exception cref="InvalidDataException">Missing, or of another type or shape.</exception>
    public SafetensorsEntry Expect(string name, ReadOnlySpan<long> shape)
    {
        SafetensorsEntry entry = this[name];
        if (!SafetensorsEntry.IsReadable(entry.Type))
            throw new InvalidDataException($"{Path}: tensor {SafetensorsEntry.Shown(name)} has type {entry.Type}; F32, F16 or BF16 is needed");
        return shape.SequenceEqual([.. entry.Shape])
            ? entry
            : throw new InvalidDataException(
                $"{Path}: tensor {SafetensorsEntry.Shown(name)} has shape {entry.ShapeText}; [{string.Join(", ", shape.ToArray())}] is needed");
    }

    /// <summary>Reads a part of a tensor whose type and shape were expected; the file must have been mapped by <see cref="Map"/>.</summary>
    internal void ReadPart(SafetensorsEntry entry, long from, Span<float> values)
    {
        fixed (float* target = values)
            new WidenWork(_data + _dataStart + entry.Begin + (from * (entry.Type == "F32" ? 4 : 2)), entry.Type, target, values.Length).Do(0);
    }

    /// <summary>Maps the file, if it holds a number at all.</summary>
    internal void Map()
    {
        if (_stream.Length > _dataStart)
            _ = Data;
    }

    /// <summary>True when two tensors, of this file and another or the same, have the same type, shape and bytes.</summary>
    public bool HasSame(string name, SafetensorsFile other, string otherName)
    {
        SafetensorsEntry one = this[name], two = other[otherName];
        if (one.Type != two.Type || !one.Shape.SequenceEqual(two.Shape))
            return false;
        const int Piece = 1 << 24;
        long bytes = one.Bytes;
        byte* first = bytes == 0 ? null : Data + one.Begin, second = bytes == 0 ? null : other.Data + two.Begin;
        for (long from = 0; from < bytes; from += Piece)
        {
            int length = (int)Math.Min(Piece, bytes - from);
            if (!new ReadOnlySpan<byte>(first + from, length).SequenceEqual(new ReadOnlySpan<byte>(second + from, length)))
                return false;
        }

        return true;
    }

    /// <summary>Closes the file and its mapping.</summary>
    public void Dispose()
    {
        if (_data is not null)
            _view!.SafeMemoryMappedViewHandle.ReleasePointer();
        _data = null;
        _view?.Dispose();
        _mapping?.Dispose();
        _stream.Dispose();
    }

    // The first byte behind the header; the file is mapped when a number is first asked for.
    private byte* Data
    {
        get
        {
            if (_data is not null)
                return _data + _dataStart;
            _mapping = MemoryMappedFile.CreateFromFile(_stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            _view = _mapping.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
            byte* start = null;
            _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
            _data = start + _view.PointerOffset;
            return _data + _dataStart;
        }
    }

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

    /// <summary>Widens one piece of a tensor to float32.</summary>
    private readonly struct WidenWork(byte* source, string type, float* target, int length) : IWork
    {
        public const int Piece = 1 << 19;

        public int Pieces => (int)((length + (long)Piece - 1) / Piece);

        public void Do(int index)
        {
            nint from = (nint)index * Piece;
            int count = (int)nint.Min(Piece, length - from);
            Span<float> values = new(target + from, count);
            if (type == "BF16")
                HalfPrecision.FromBfloat16(new ReadOnlySpan<byte>(source + (2 * from), 2 * count), values);
            else if (type == "F16")
                HalfPrecision.FromFloat16(new ReadOnlySpan<byte>(source + (2 * from), 2 * count), values);
            else
                Copy(new ReadOnlySpan<byte>(source + (4 * from), 4 * count), values);
        }

        private static void Copy(ReadOnlySpan<byte> bytes, Span<float> values)
        {
            bytes.CopyTo(MemoryMarshal.AsBytes(values));
            if (!BitConverter.IsLittleEndian)
            {
                Span<int> bits = MemoryMarshal.Cast<float, int>(values);
                BinaryPrimitives.ReverseEndianness(bits, bits);
            }
        }
    }
}
