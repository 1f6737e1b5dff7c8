using RlmEngine.Kernels.Rollout;
using RlmEngine.Tokenization;

namespace RlmEngine.Tasks;

/// <summary>Chooses one random contiguous span of a document whose text does not also stand in what stays visible (RLM, seed 000).</summary>
public sealed class SpanChooser
{
    private const int MaxTries = 32;
    private readonly ITokenizer _tokenizer;
    private readonly TaskOptions _options;

    /// <summary>Takes the tokenizer, for raw bytes, and the span limits.</summary>
    public SpanChooser(ITokenizer tokenizer, TaskOptions options) => (_tokenizer, _options) = (tokenizer, options);

    /// <summary>Chooses a span of tokens[1..], or null when none of the tries was a task.</summary>
    /// <param name="tokens">The document; its first id is the end token that marks the beginning.</param>
    /// <param name="random">The step's stream.</param>
    public (int Start, int Length)? Choose(ReadOnlySpan<int> tokens, ref PhiloxStream random)
    {
        int body = tokens.Length - 1;
        int longest = Math.Min(_options.MaxSpanTokens, (int)Math.Floor(body * _options.MaxSpanShare));
        if (longest < 1)
            return null;
        for (int i = 0; i < MaxTries; i++)
        {
            int length = 1 + random.NextInt(longest);
            int start = 1 + random.NextInt(body - length + 1);
            if (IsOnWords(tokens, start, length) && !IsVisible(tokens, start, length))
                return (start, length);
        }
        return null;
    }

    private bool IsOnWords(ReadOnlySpan<int> tokens, int start, int length) =>
        !_options.WholeWords || (BeginsWord(tokens, start) && BeginsWord(tokens, start + length));

    private bool BeginsWord(ReadOnlySpan<int> tokens, int at)
    {
        if (at <= 1 || at >= tokens.Length)
            return true;
        ReadOnlySpan<byte> bytes = _tokenizer.BytesOf(tokens[at]);
        return bytes.Length > 0 && char.IsAscii((char)bytes[0])
            && (char.IsWhiteSpace((char)bytes[0]) || char.IsPunctuation((char)bytes[0]));
    }

    /// <summary>True when the span's text, trimmed, is empty or occurs before or after it.</summary>
    private bool IsVisible(ReadOnlySpan<int> tokens, int start, int length)
    {
        ReadOnlySpan<byte> span = _tokenizer.DecodeBytes(tokens.Slice(start, length)).AsSpan().Trim(" \n\t\r"u8);
        return span.IsEmpty
            || _tokenizer.DecodeBytes(tokens[1..start]).AsSpan().IndexOf(span) >= 0
            || _tokenizer.DecodeBytes(tokens[(start + length)..]).AsSpan().IndexOf(span) >= 0;
    }
}
