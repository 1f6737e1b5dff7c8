using System.Collections;
using System.Text;
using System.Text.Json;

namespace RlmEngine.Metrics;

/// <summary>One step's metrics: names in the order they were first set, each a double, a long or a string.</summary>
public sealed class StepMetrics : IEnumerable<KeyValuePair<string, object>>
{
    private readonly List<KeyValuePair<string, object>> _entries = [];
    private readonly Dictionary<string, int> _places = [];

    /// <summary>Starts the metrics of a step.</summary>
    /// <param name="step">Written as "step", first.</param>
    public StepMetrics(long step) => Set("step", step);

    /// <summary>The step.</summary>
    public long Step => (long)this["step"];

    /// <summary>Number of metrics, the step included.</summary>
    public int Count => _entries.Count;

    /// <summary>A metric's value: double, long or string.</summary>
    /// <exception cref="KeyNotFoundException">There is no such metric.</exception>
    public object this[string name] => _entries[_places[name]].Value;

    /// <summary>Sets a metric to a number; NaN and infinities are written as null.</summary>
    public void Set(string name, double value) => Put(name, value);

    /// <summary>Sets a metric to a whole number.</summary>
    public void Set(string name, long value) => Put(name, value);

    /// <summary>Sets a metric to a text.</summary>
    public void Set(string name, string value) => Put(name, value);

    /// <summary>A metric as a number; NaN when it is missing or a text.</summary>
    public double Number(string name) => !_places.TryGetValue(name, out int place) ? double.NaN : _entries[place].Value switch
    {
        double number => number,
        long number => number,
        _ => double.NaN,
    };

    /// <summary>One JSON object on one line, without the line's end.</summary>
    public string ToJsonLine()
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            foreach ((string name, object value) in _entries)
                Write(writer, name, value);
            writer.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    /// <summary>Reads what <see cref="ToJsonLine"/> wrote; null becomes NaN.</summary>
    /// <exception cref="InvalidDataException">The line is no such object.</exception>
    public static StepMetrics Parse(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var metrics = new StepMetrics(document.RootElement.GetProperty("step").GetInt64());
            foreach (JsonProperty property in document.RootElement.EnumerateObject().Skip(1))
                metrics.Put(property.Name, Read(property.Value));
            return metrics;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or FormatException or InvalidOperationException)
        {
            throw new InvalidDataException($"not a line of metrics: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, object>> GetEnumerator() => _entries.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private void Put(string name, object value)
    {
        if (_places.TryGetValue(name, out int place))
        {
            _entries[place] = new(name, value);
            return;
        }
        _places[name] = _entries.Count;
        _entries.Add(new(name, value));
    }

    private static void Write(Utf8JsonWriter writer, string name, object value)
    {
        if (value is double number && double.IsFinite(number))
            writer.WriteNumber(name, number);
        else if (value is double)
            writer.WriteNull(name);
        else if (value is long whole)
            writer.WriteNumber(name, whole);
        else
            writer.WriteString(name, (string)value);
    }

    private static object Read(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number when value.TryGetInt64(out long whole) => whole,
        JsonValueKind.Number => value.GetDouble(),
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Null => double.NaN,
        _ => throw new FormatException($"a metric cannot be {value.ValueKind}"),
    };
}
