using System.Buffers.Binary;
using System.Text;

namespace RlmEngine.Tests.Metrics;

/// <summary>One event read back from a TensorBoard file.</summary>
public sealed record LoggedEvent(double WallTime, long Step, string? FileVersion, bool IsSessionStart, IReadOnlyList<(string Tag, float Value)> Scalars);

/// <summary>An independent reader of TFRecord files of events: bitwise CRC-32C, plain protobuf fields.</summary>
public static class EventFile
{
    public static IReadOnlyList<LoggedEvent> Read(string path) => [.. Records(ReadShared(path)).Select(Event)];

    /// <summary>CRC-32C bit by bit, polynomial 82F63B78 reflected.</summary>
    public static uint Crc32C(ReadOnlySpan<byte> bytes)
    {
        uint crc = 0xFFFFFFFF;
        foreach (byte b in bytes)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82F63B78 : crc >> 1;
        }
        return ~crc;
    }

    private static byte[] ReadShared(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    private static IEnumerable<byte[]> Records(byte[] file)
    {
        for (int at = 0; at < file.Length;)
        {
            int length = (int)BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(at));
            CheckMasked(file.AsSpan(at, 8), file.AsSpan(at + 8));
            CheckMasked(file.AsSpan(at + 12, length), file.AsSpan(at + 12 + length));
            yield return file[(at + 12)..(at + 12 + length)];
            at += 16 + length;
        }
    }

    private static void CheckMasked(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> stored)
    {
        uint crc = Crc32C(bytes);
        Assert.That(BinaryPrimitives.ReadUInt32LittleEndian(stored), Is.EqualTo(((crc >> 15) | (crc << 17)) + 0xA282EAD8));
    }

    private static LoggedEvent Event(byte[] message)
    {
        Dictionary<int, object> fields = Fields(message).ToDictionary(field => field.Number, field => field.Value);
        var scalars = new List<(string, float)>();
        if (fields.TryGetValue(5, out object? summary))
        {
            foreach ((int number, object value) in Fields((byte[])summary))
            {
                Dictionary<int, object> entry = Fields((byte[])value).ToDictionary(field => field.Number, field => field.Value);
                Assert.That(number, Is.EqualTo(1));
                scalars.Add((Encoding.UTF8.GetString((byte[])entry[1]), BitConverter.UInt32BitsToSingle((uint)entry[2])));
            }
        }
        return new LoggedEvent(
            BitConverter.UInt64BitsToDouble((ulong)fields[1]), (long)(ulong)fields[2],
            fields.TryGetValue(3, out object? version) ? Encoding.UTF8.GetString((byte[])version) : null,
            fields.TryGetValue(7, out object? session) && ((byte[])session).SequenceEqual(new byte[] { 0x08, 0x01 }), scalars);
    }

    private static IEnumerable<(int Number, object Value)> Fields(byte[] message)
    {
        for (int at = 0; at < message.Length;)
        {
            ulong key = Varint(message, ref at);
            object value;
            switch (key & 7)
            {
                case 0:
                    value = Varint(message, ref at);
                    break;
                case 1:
                    value = BinaryPrimitives.ReadUInt64LittleEndian(message.AsSpan(at));
                    at += 8;
                    break;
                case 2:
                    int length = (int)Varint(message, ref at);
                    value = message[at..(at + length)];
                    at += length;
                    break;
                case 5:
                    value = BinaryPrimitives.ReadUInt32LittleEndian(message.AsSpan(at));
                    at += 4;
                    break;
                default:
                    throw new InvalidDataException($"wire type {key & 7}");
            }
            yield return ((int)(key >> 3), value);
        }
    }

    private static ulong Varint(byte[] message, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte b = message[at++];
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
                return value;
        }
    }
}
