using RlmEngine.Tokenization;

namespace RlmEngine.Rollouts;

/// <summary>What structures a completion: the marks of a thought, as tokens or as characters, and the tokens that end it.</summary>
public sealed class CompletionTokens
{
    private readonly ITokenizer? _tokenizer;

    /// <summary>Marks that are tokens.</summary>
    /// <param name="thinkClose">&lt;/think&gt;.</param>
    /// <param name="end">End of text, the only token that ends a completion.</param>
    public CompletionTokens(int thinkClose, int end) => (ThinkClose, Stops) = (thinkClose, [end]);

    /// <summary>The marks of a vocabulary; where it has no token for them they are read as characters, spread over any tokens.</summary>
    public CompletionTokens(ITokenizer tokenizer)
    {
        _tokenizer = tokenizer;
        (ThinkOpen, ThinkClose, Stops) = (tokenizer.Special.ThinkOpen, tokenizer.Special.ThinkClose, tokenizer.Special.Stops);
    }

    /// <summary>&lt;think&gt;; null where it is characters, or not looked for.</summary>
    public int? ThinkOpen { get; }

    /// <summary>&lt;/think&gt;; null where it is characters.</summary>
    public int? ThinkClose { get; }

    /// <summary>Tokens that end a completion.</summary>
    public IReadOnlyList<int> Stops { get; }

    /// <summary>True for a token that ends a completion.</summary>
    public bool IsStop(int token)
    {
        for (int i = 0; i < Stops.Count; i++)
        {
            if (Stops[i] == token)
                return true;
        }
        return false;
    }

    /// <summary>A token's raw bytes; none where the vocabulary is not known.</summary>
    public ReadOnlySpan<byte> BytesOf(int token) => _tokenizer is null ? [] : _tokenizer.BytesOf(token);

    /// <summary>Tokens that the marks of a completion take at most, beside thought and answer.</summary>
    public int MarkTokens(StopRule rule)
    {
        if (rule.MaxThinkTokens == 0)
            return 0;
        int open = !rule.AwaitsThinkOpen ? 0 : ThinkOpen is null ? SpecialTokenText.ThinkOpen.Length : 1;
        return open + (ThinkClose is null ? SpecialTokenText.ThinkClose.Length : 1) + rule.SeparatorLineFeeds;
    }
}
