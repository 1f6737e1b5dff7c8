using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace RlmEngine.Experiments;

/// <summary>Writes tables.json: claims, tables, runs; the same results give the same bytes.</summary>
public static class TablesJson
{
    /// <summary>Indented JSON with a newline at its end.</summary>
    public static string Write(ExperimentResults results)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(
            stream, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("experiment", results.Name);
            json.WritePropertyName("seeds");
            JsonSerializer.Serialize(json, results.Seeds, ClaimJson.Default.IReadOnlyListUInt64);
            json.WritePropertyName("claims");
            JsonSerializer.Serialize(json, results.Claims, ClaimJson.Default.IReadOnlyListClaimResult);
            json.WriteStartArray("tables");
            foreach (ResultsTable table in results.Tables)
                Write(json, table);
            json.WriteEndArray();
            json.WritePropertyName("runs");
            JsonSerializer.Serialize(json, results.Runs, ClaimJson.Default.IReadOnlyListRunLine);
            json.WritePropertyName("missing");
            JsonSerializer.Serialize(json, results.Missing, ClaimJson.Default.IReadOnlyListString);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length) + "\n";
    }

    private static void Write(Utf8JsonWriter json, ResultsTable table)
    {
        json.WriteStartObject();
        json.WriteString("title", table.Title);
        json.WriteString("type", JsonNamingPolicy.CamelCase.ConvertName(table.Type.ToString()));
        if (table.Reference is not null)
            json.WriteString("reference", table.Reference);
        json.WriteStartArray("rows");
        foreach (ResultRow row in table.Rows)
            Write(json, table, row);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, ResultsTable table, ResultRow row)
    {
        json.WriteStartObject();
        json.WriteString("name", row.Name);
        json.WriteString("label", row.Label);
        foreach ((Column column, Cell cell) in table.Columns.Zip(row.Cells))
        {
            json.WritePropertyName(column.Name);
            Write(json, cell);
        }

        json.WriteStartObject("bySeed");
        foreach ((ulong seed, double value) in row.BySeed)
            WriteNumber(json, seed.ToString(System.Globalization.CultureInfo.InvariantCulture), Cell.Rounded(value));
        json.WriteEndObject();
        if (row.Points.Count > 0)
            WritePoints(json, row.Points);
        if (row.Fit is { Count: > 0 } fit)
        {
            json.WriteStartObject("line");
            WriteNumber(json, "intercept", Cell.Rounded(fit.Intercept));
            WriteNumber(json, "slope", Cell.Rounded(fit.Slope));
            WriteNumber(json, "rSquared", Cell.Rounded(fit.RSquared));
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, Cell cell)
    {
        if (cell.Value is null)
        {
            json.WriteNullValue();
            return;
        }

        if (cell is not { Lower: { } lower, Upper: { } upper })
        {
            json.WriteNumberValue(cell.Value.Value);
            return;
        }

        json.WriteStartObject();
        json.WriteNumber("value", cell.Value.Value);
        json.WriteStartArray("interval");
        json.WriteNumberValue(lower);
        json.WriteNumberValue(upper);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WritePoints(Utf8JsonWriter json, IReadOnlyList<PlotPoint> points)
    {
        json.WriteStartArray("points");
        foreach (PlotPoint point in points.Where(point => double.IsFinite(point.X) && double.IsFinite(point.Y)))
        {
            json.WriteStartArray();
            json.WriteNumberValue(Cell.Rounded(point.X)!.Value);
            json.WriteNumberValue(Cell.Rounded(point.Y)!.Value);
            json.WriteEndArray();
        }

        json.WriteEndArray();
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number)
            json.WriteNumber(name, number);
        else
            json.WriteNull(name);
    }
}

/// <summary>JSON of claims and runs.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, NewLine = "\n", WriteIndented = true)]
[JsonSerializable(typeof(IReadOnlyList<ClaimResult>))]
[JsonSerializable(typeof(IReadOnlyList<RunLine>))]
[JsonSerializable(typeof(IReadOnlyList<ulong>))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
internal sealed partial class ClaimJson : JsonSerializerContext;
