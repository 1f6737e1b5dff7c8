using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Win32.SafeHandles;

namespace RlmEngine.Corpus.Parquet;

/// <summary>Reads all columns of a Parquet file, each row as a JSON object: numbers and truth values as such, all else as text, lists as lists.</summary>
/// <remarks>A list of structures becomes a structure of lists; a list leaves out its nulls.</remarks>
internal static class ParquetRecords
{
    /// <summary>Reads the rows of a file.</summary>
    /// <exception cref="InvalidDataException">It cannot be read, or is damaged.</exception>
    public static IEnumerable<JsonObject> Read(string path)
    {
        using SafeFileHandle file = File.OpenHandle(path);
        ParquetFooter footer = Guarded(path, () => ParquetFooter.Read(file));
        Column[] columns = Guarded(path, () => ParquetSelection.Names(footer.Root).Select(name => Column.Open(file, footer.Root, name)).ToArray());
        foreach (ParquetRowGroup group in footer.RowGroups)
        {
            Guarded(path, () => Open(columns, group));
            for (long row = 0; row < group.Rows; row++)
                yield return Guarded(path, () => Row(columns));
        }
    }

    private static bool Open(Column[] columns, ParquetRowGroup group)
    {
        foreach (Column column in columns)
            column.Reader.Open(group);
        return true;
    }

    private static JsonObject Row(Column[] columns)
    {
        var record = new JsonObject();
        foreach (Column column in columns)
        {
            var values = new Values();
            column.Reader.ReadRow(values);
            Place(record, column.Names, column.IsList ? values.All : Only(values.All));
        }

        return record;
    }

    private static JsonNode? Only(JsonArray values)
    {
        if (values.Count == 0)
            return null;
        JsonNode? value = values[0];
        values.Clear();
        return value;
    }

    private static void Place(JsonObject record, IReadOnlyList<string> names, JsonNode? value)
    {
        for (int i = 0; i < names.Count - 1; i++)
        {
            if (record[names[i]] is not JsonObject inner)
                record[names[i]] = inner = [];
            record = inner;
        }

        record[names[^1]] = value;
    }

    private static T Guarded<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is InvalidDataException or IOException or ArgumentOutOfRangeException or IndexOutOfRangeException or OverflowException)
        {
            throw new InvalidDataException($"{path}: cannot be read: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    private sealed record Column(ColumnReader Reader, IReadOnlyList<string> Names, bool IsList)
    {
        public static Column Open(SafeFileHandle file, ParquetNode root, string name) => new(
            new ColumnReader(file, ParquetSelection.Find(root, FieldPath.Parse(name))),
            name.Replace("[]", "", StringComparison.Ordinal).Split('.'), name.Contains("[]", StringComparison.Ordinal));
    }

    private sealed class Values : IRowValues
    {
        public JsonArray All { get; } = [];

        public void Add(ParquetColumn column, ReadOnlySpan<byte> value)
        {
            bool isPlain = column.Type is ParquetType.Boolean or ParquetType.Int32 or ParquetType.Int64 or ParquetType.Float or ParquetType.Double
                && column.Meaning is ParquetMeaning.None or ParquetMeaning.Unsigned or ParquetMeaning.Decimal;
            ReadOnlySpan<byte> text = ParquetText.Of(column, value);
            All.Add(isPlain && TryNumber(text, out JsonNode? number) ? number : JsonValue.Create(Encoding.UTF8.GetString(text)));
        }

        /// <summary>NaN and the infinities are no JSON; they stay text.</summary>
        private static bool TryNumber(ReadOnlySpan<byte> text, out JsonNode? number)
        {
            var reader = new Utf8JsonReader(text);
            number = null;
            try
            {
                number = JsonNode.Parse(ref reader);
                return true;
            }
            catch (JsonException)
            {
                return false;
            }
        }
    }
}
