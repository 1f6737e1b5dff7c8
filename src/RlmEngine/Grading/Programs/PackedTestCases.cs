using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace RlmEngine.Grading.Programs;

/// <summary>
/// Unpacks LiveCodeBench's private tests: Base64 of zlib of a text, plain or as Python's pickle of one string. A pickle may run any
/// code when Python reads it; here only its operations for one string are known and all others are refused.
/// </summary>
internal static class PackedTestCases
{
    private const long LongestText = 1L << 30;

    /// <summary>The text.</summary>
    /// <exception cref="InvalidDataException">It is not packed like this.</exception>
    public static string Unpack(string packed, string id)
    {
        try
        {
            byte[] bytes = Inflate(Convert.FromBase64String(packed));
            return Encoding.UTF8.GetString(bytes is [0x80, ..] ? StringOf(bytes) : bytes);
        }
        catch (Exception problem) when (problem is FormatException or InvalidDataException or ArgumentException)
        {
            throw new InvalidDataException(
                $"problem {id}: \"private_test_cases\" must be JSON, or Base64 of zlib of JSON or of a pickled text: {ErrorText.Shorten(problem.Message)}", problem);
        }
    }

    private static byte[] Inflate(byte[] packed)
    {
        using var inflated = new MemoryStream();
        using var stream = new ZLibStream(new MemoryStream(packed), CompressionMode.Decompress);
        Span<byte> part = stackalloc byte[1 << 14];
        for (int read = stream.Read(part); read > 0; read = stream.Read(part))
        {
            inflated.Write(part[..read]);
            if (inflated.Length > LongestText)
                throw new InvalidDataException("more than 1 GiB");
        }

        return inflated.ToArray();
    }

    /// <summary>The one string of a pickle: protocol, frame, string, memoize, stop.</summary>
    private static ReadOnlySpan<byte> StringOf(ReadOnlySpan<byte> pickle)
    {
        ReadOnlySpan<byte> text = [];
        bool found = false;
        while (pickle is not [] and not [(byte)'.', ..])
        {
            byte operation = pickle[0];
            pickle = pickle[1..];
            (int head, long length) = operation switch
            {
                0x80 => (1, 0),                                                               // PROTO
                0x95 => (8, 0),                                                               // FRAME
                0x94 => (0, 0),                                                               // MEMOIZE
                (byte)'q' => (1, 0),                                                          // BINPUT
                0x8C => (1, pickle is [byte size, ..] ? size : -1),                             // SHORT_BINUNICODE
                (byte)'X' => (4, BinaryPrimitives.ReadUInt32LittleEndian(pickle)),            // BINUNICODE
                0x8D => (8, BinaryPrimitives.ReadInt64LittleEndian(pickle)),                  // BINUNICODE8
                _ => throw new InvalidDataException("its pickle holds more than one text"),
            };
            bool isText = operation is 0x8C or (byte)'X' or 0x8D;
            if ((isText && found) || length < 0 || length > pickle.Length - head)
                throw new InvalidDataException("its pickle holds more than one text, or is cut");
            text = isText ? pickle.Slice(head, (int)length) : text;
            found |= isText;
            pickle = pickle[(head + (int)length)..];
        }

        return found && pickle is [(byte)'.'] ? text : throw new InvalidDataException("its pickle holds no text, or is cut");
    }
}
