using System.Buffers;
using System.Text.Json;

namespace RlmEngine.Metrics;

/// <summary>Writes a Chrome trace, an array with one event a line, that Perfetto and chrome://tracing read even when its end is missing.</summary>
/// <remarks>
/// Lines reach the file whole. Once the disk refuses one, the rest is left out and <see cref="Failure"/> says so: a trace never ends a run.
/// Source: Google, "Trace Event Format".
/// </remarks>
internal sealed class TraceFile : IDisposable
{
    private const int FlushBytes = 1 << 16;
    private readonly FileStream _stream;
    private readonly ArrayBufferWriter<byte> _lines = new(2 * FlushBytes);
    private readonly Utf8JsonWriter _json;
    private bool _isClosed;

    /// <summary>Creates the file, in the place of one that is there.</summary>
    /// <exception cref="UserInputException">It cannot be created.</exception>
    public TraceFile(string path)
    {
        try
        {
            _stream = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new UserInputException($"{path}: a trace cannot be written there: {e.Message}", e);
        }

        _json = new Utf8JsonWriter(_lines, new JsonWriterOptions { SkipValidation = true });
        _lines.Write("[\n"u8);
    }

    /// <summary>What kept the last events from being written; null when they all were.</summary>
    public string? Failure { get; private set; }

    /// <summary>Writes a complete event: something that began and ended.</summary>
    public void Complete(string name, string category, long start, long end, Action<Utf8JsonWriter> arguments)
    {
        Begin(name, "X", start);
        _json.WriteString("cat"u8, category);
        _json.WriteNumber("dur"u8, TraceClock.Duration(start, end));
        End(arguments);
        NextLine(",\n"u8);
    }

    /// <summary>Writes an instant event: something to know from a moment on.</summary>
    public void Instant(string name, long at, Action<Utf8JsonWriter> arguments, bool isLast = false)
    {
        Begin(name, "i", at);
        _json.WriteString("s"u8, "g"u8);
        End(arguments);
        NextLine(isLast ? "\n]\n"u8 : ",\n"u8);
    }

    /// <summary>Names this process or thread for the viewer.</summary>
    public void Name(string what, string name)
    {
        Begin(what, "M", 0);
        End(json => json.WriteString("name"u8, name));
        NextLine(",\n"u8);
    }

    /// <summary>Lets the file hold every line so far.</summary>
    public void Flush()
    {
        if (Failure is null && !_isClosed)
        {
            try
            {
                _stream.Write(_lines.WrittenSpan);
            }
            catch (IOException e)
            {
                Failure = e.Message;
            }
        }

        _lines.ResetWrittenCount();
    }

    /// <summary>Flushes and closes the file.</summary>
    public void Dispose()
    {
        if (_isClosed)
            return;
        Flush();
        _isClosed = true;
        _json.Dispose();
        _stream.Dispose();
    }

    private void Begin(string name, string type, long at)
    {
        _json.Reset();
        _json.WriteStartObject();
        _json.WriteString("name"u8, name);
        _json.WriteString("ph"u8, type);
        _json.WriteNumber("ts"u8, TraceClock.Microseconds(at));
        _json.WriteNumber("pid"u8, Environment.ProcessId);
        _json.WriteNumber("tid"u8, Environment.CurrentManagedThreadId);
    }

    private void End(Action<Utf8JsonWriter> arguments)
    {
        _json.WriteStartObject("args"u8);
        arguments(_json);
        _json.WriteEndObject();
        _json.WriteEndObject();
        _json.Flush();
    }

    private void NextLine(ReadOnlySpan<byte> end)
    {
        _lines.Write(end);
        if (_lines.WrittenCount >= FlushBytes)
            Flush();
    }
}
