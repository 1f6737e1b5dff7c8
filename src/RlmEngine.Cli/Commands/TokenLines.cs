using System.Text.Json;
using RlmEngine.Metrics;
using RlmEngine.Tokenization;

namespace RlmEngine.Cli.Commands;

/// <summary>Reads JSON arrays of ids and writes the bytes they stand for.</summary>
/// <param name="tokenizer">Gives a token's bytes.</param>
/// <param name="source">What is read, for messages.</param>
internal sealed class TokenLines(ITokenizer tokenizer, string source)
{
    private static readonly JsonReaderOptions s_severalArrays = new() { AllowMultipleValues = true };

    /// <summary>Writes each line's text on a line, or, of a whole, all texts after one another with nothing between.</summary>
    /// <exception cref="UserInputException">A line is no array of ids of the vocabulary.</exception>
    public void Decode(Stream input, Stream output, bool isWhole)
    {
        if (isWhole)
        {
            DecodeArrays(ByteLines.ReadAll(input), firstLine: 1, output, isOne: false);
            return;
        }

        long line = 1;
        foreach (byte[] json in ByteLines.Read(input))
        {
            DecodeArrays(json, line++, output, isOne: true);
            output.WriteByte((byte)'\n');
        }
    }

    /// <summary>Reads all arrays before it writes: of a wrong line nothing is written.</summary>
    private void DecodeArrays(byte[] json, long firstLine, Stream output, bool isOne)
    {
        using var bytes = new MemoryStream();
        var reader = new Utf8JsonReader(json, isOne ? default : s_severalArrays);
        try
        {
            bool isAny = false;
            while (reader.Read())
            {
                isAny = true;
                if (reader.TokenType != JsonTokenType.StartArray)
                    throw Wrong(json, reader, firstLine, "is no JSON array of ids");
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                    bytes.Write(BytesOf(json, reader, firstLine));
            }

            if (isOne && !isAny)
                throw Wrong(json, reader, firstLine, "is no JSON array of ids");
            bytes.WriteTo(output);
        }
        catch (JsonException exception)
        {
            throw new UserInputException($"{source}: line {firstLine + (exception.LineNumber ?? 0)} is no whole JSON array of ids", exception);
        }
    }

    private ReadOnlySpan<byte> BytesOf(byte[] json, Utf8JsonReader reader, long firstLine)
    {
        if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long id))
            throw Wrong(json, reader, firstLine, "holds something else than ids, which are whole numbers");
        return id >= 0 && id < tokenizer.VocabularySize
            ? tokenizer.BytesOf((int)id)
            : throw Wrong(json, reader, firstLine, $"holds the id {id}; the vocabulary has 0 to {tokenizer.VocabularySize - 1}");
    }

    private UserInputException Wrong(byte[] json, Utf8JsonReader reader, long firstLine, string problem) =>
        new($"{source}: line {firstLine + json.AsSpan(0, (int)reader.TokenStartIndex).Count((byte)'\n')} {problem}");
}
