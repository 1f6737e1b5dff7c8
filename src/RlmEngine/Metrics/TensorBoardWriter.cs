using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace RlmEngine.Metrics;

/// <summary>Writes scalars as TensorBoard event files: TFRecord framing around hand-coded Event messages.</summary>
/// <remarks>
/// One new file for each writer, buffered until <see cref="Flush"/>. A writer that resumes at step s first writes a session start at s,
/// at which TensorBoard drops what older files hold for steps from s on.
/// </remarks>
public sealed class TensorBoardWriter : IDisposable
{
    private readonly FileStream _file;
    private readonly TimeProvider _clock;

    /// <summary>Opens a new event file in a folder, which is made when missing.</summary>
    /// <param name="folder">The log folder.</param>
    /// <param name="resumeStep">Step at which a run goes on; 0 for a new run.</param>
    /// <param name="clock">Gives the events' wall time; null takes the system's.</param>
    public TensorBoardWriter(string folder, long resumeStep = 0, TimeProvider? clock = null)
    {
        _clock = clock ?? TimeProvider.System;
        Directory.CreateDirectory(folder);
        _file = Create(folder, _clock.GetUtcNow().ToUnixTimeSeconds());
        WriteEvent(0, event_ => event_.Text(3, "brain.Event:2"));
        if (resumeStep > 0)
            WriteEvent(resumeStep, event_ => event_.Message(7, session => session.Integer(1, 1)));
    }

    /// <summary>Path of the event file.</summary>
    public string Path => _file.Name;

    /// <summary>Writes one scalar; TensorBoard keeps single precision.</summary>
    public void Scalar(string tag, long step, double value)
        => WriteEvent(step, event_ => event_.Message(5, summary => Value(summary, tag, value)));

    /// <summary>Writes every numeric metric of a step, but the step itself, as one event.</summary>
    public void Write(StepMetrics metrics) => WriteEvent(metrics.Step, event_ => event_.Message(5, summary =>
    {
        foreach ((string name, object value) in metrics)
        {
            if (name != "step" && value is double or long)
                Value(summary, name, Convert.ToDouble(value, CultureInfo.InvariantCulture));
        }
    }));

    /// <summary>Hands everything written to the operating system.</summary>
    public void Flush() => _file.Flush();

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <summary>CRC-32C (Castagnoli) of a run of bytes; of "123456789" it is E3069283.</summary>
    internal static uint Crc32C(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        while (bytes.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }
        foreach (byte b in bytes)
            crc = BitOperations.Crc32C(crc, b);
        return ~crc;
    }

    /// <summary>TFRecord's masked checksum: rotated right by 15 bits, plus a constant, so that a CRC of a CRC stays useful.</summary>
    internal static uint MaskedCrc32C(ReadOnlySpan<byte> bytes) => BitOperations.RotateRight(Crc32C(bytes), 15) + 0xA282EAD8u;

    private static void Value(ProtobufMessage summary, string tag, double value) => summary.Message(1, entry =>
    {
        entry.Text(1, tag);
        entry.Single(2, (float)value);
    });

    private void WriteEvent(long step, Action<ProtobufMessage> fill)
    {
        var message = new ProtobufMessage();
        message.Double(1, (_clock.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds);
        message.Integer(2, step);
        fill(message);
        WriteRecord(message.Bytes);
    }

    private void WriteRecord(ReadOnlySpan<byte> data)
    {
        Span<byte> header = stackalloc byte[12];
        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], MaskedCrc32C(header[..8]));
        Span<byte> footer = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(footer, MaskedCrc32C(data));
        _file.Write(header);
        _file.Write(data);
        _file.Write(footer);
    }

    // TensorBoard reads a folder's files in the order of their names, so names carry the time and then a number.
    private static FileStream Create(string folder, long seconds)
    {
        for (int number = 0; ; number++)
        {
            string path = System.IO.Path.Combine(folder, $"events.out.tfevents.{seconds:D10}.rlm.{number:D4}");
            if (!File.Exists(path))
                return new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, 1 << 16);
        }
    }

    /// <summary>The few wire types of protobuf that events need.</summary>
    private sealed class ProtobufMessage
    {
        private readonly List<byte> _bytes = [];

        internal ReadOnlySpan<byte> Bytes => _bytes.ToArray();

        internal void Integer(int field, long value)
        {
            Varint((ulong)field << 3);
            Varint((ulong)value);
        }

        internal void Double(int field, double value)
        {
            Varint(((ulong)field << 3) | 1);
            Fixed(BitConverter.DoubleToUInt64Bits(value), 8);
        }

        internal void Single(int field, float value)
        {
            Varint(((ulong)field << 3) | 5);
            Fixed(BitConverter.SingleToUInt32Bits(value), 4);
        }

        internal void Text(int field, string value) => Block(field, Encoding.UTF8.GetBytes(value));

        internal void Message(int field, Action<ProtobufMessage> fill)
        {
            var inner = new ProtobufMessage();
            fill(inner);
            Block(field, inner.Bytes);
        }

        private void Block(int field, ReadOnlySpan<byte> bytes)
        {
            Varint(((ulong)field << 3) | 2);
            Varint((ulong)bytes.Length);
            _bytes.AddRange(bytes);
        }

        private void Fixed(ulong value, int count)
        {
            for (int i = 0; i < count; i++)
                _bytes.Add((byte)(value >> (8 * i)));
        }

        private void Varint(ulong value)
        {
            for (; value >= 0x80; value >>= 7)
                _bytes.Add((byte)(value | 0x80));
            _bytes.Add((byte)value);
        }
    }
}
