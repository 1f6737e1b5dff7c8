using RlmEngine.Tokenization;
using RlmEngine.Tokenization.Chat;

namespace RlmEngine.Evaluation.Suites;

/// <summary>Turns a task's texts into token ids, through a chat template where one is given.</summary>
/// <remarks>
/// What many prompts begin with is encoded once: text is cut between an ASCII letter and the space after it, where every pre-tokenizer's
/// pattern cuts it too, so the parts' tokens are the text's.
/// </remarks>
public sealed class SuiteEncoder
{
    private readonly ITokenizer _tokenizer;
    private readonly SuiteChat? _chat;
    private readonly bool _addsBegin;
    private readonly bool _canCut;
    private (string Text, int[] Tokens) _head = ("", []);

    /// <summary>Takes a tokenizer.</summary>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="chat">The chat template prompts are a user's message in; null for none.</param>
    /// <param name="addsBegin">True where a text without chat template begins with the vocabulary's mark of the beginning.</param>
    public SuiteEncoder(ITokenizer tokenizer, SuiteChat? chat, bool addsBegin)
    {
        (_tokenizer, _chat, _addsBegin) = (tokenizer, chat, addsBegin);

        // A vocabulary that adds a space to each text must see the text whole.
        _canCut = chat is null && !tokenizer.Encode("a").AsSpan().SequenceEqual(tokenizer.Encode(" a"));
    }

    /// <summary>True where prompts go through a chat template.</summary>
    public bool IsChat => _chat is not null;

    /// <summary>The text the model reads.</summary>
    public string PromptOf(string head, string question) => _chat is null ? head + question : _chat.Render(head + question, _tokenizer);

    /// <summary>Token ids of a prompt.</summary>
    /// <param name="head">What many prompts begin with.</param>
    /// <param name="question">The rest.</param>
    public int[] Encode(string head, string question)
    {
        if (_chat is not null)
            return _tokenizer.Encode(PromptOf(head, question), parseSpecial: true);
        int cut = _canCut ? CutOf(head) : 0;
        int[] rest = _tokenizer.Encode(head[cut..] + question);
        return [.. _addsBegin ? [_tokenizer.Special.Begin] : Array.Empty<int>(), .. HeadTokens(head[..cut]), .. rest];
    }

    /// <summary>Token ids of a context and of each of its continuations, as the harness splits them: spaces that end the context go with them.</summary>
    /// <param name="head">What many contexts begin with.</param>
    /// <param name="question">The rest of the context.</param>
    /// <param name="continuations">The texts that are scored.</param>
    public (int[] Context, int[][] Continuations) EncodePairs(string head, string question, IReadOnlyList<string> continuations)
    {
        string text = _chat is null ? question : PromptOf(head, question);
        string before = _chat is null ? head : "";
        string trimmed = text.TrimEnd(), spaces = text[trimmed.Length..];
        int[] context = _chat is null ? Encode(before, trimmed) : _tokenizer.Encode(trimmed, parseSpecial: true);
        int[][] ends = [.. continuations.Select(continuation =>
        {
            int[] whole = _chat is null
                ? Encode(before, trimmed + spaces + continuation)
                : [.. _tokenizer.Encode(trimmed + spaces + continuation, parseSpecial: true)];
            return whole.Length > context.Length ? whole[context.Length..] : whole[^1..];
        })];
        return context.Length > 0 ? (context, ends) : ([_tokenizer.Special.Begin], ends);
    }

    private int[] HeadTokens(string head)
    {
        if (_head.Text != head)
            _head = (head, _tokenizer.Encode(head));
        return _head.Tokens;
    }

    private static int CutOf(string head)
    {
        for (int at = head.Length - 1; at > 0; at--)
        {
            if (head[at] == ' ' && char.IsAsciiLetter(head[at - 1]))
                return at;
        }

        return 0;
    }
}

/// <summary>A chat template and what it is given beside the user's message.</summary>
/// <param name="Template">The template.</param>
/// <param name="System">The system message; null takes the template's own.</param>
/// <param name="Thinks">False asks for answers without a thought, where the template knows how.</param>
public sealed record SuiteChat(ChatTemplate Template, string? System, bool Thinks)
{
    /// <summary>The text of a conversation that ends in the opening of the assistant's turn.</summary>
    internal string Render(string message, ITokenizer tokenizer)
    {
        ChatMessage user = new("user", message);
        string text = Template.Render(System is null ? [user] : [new ChatMessage("system", System), user], new ChatVariables
        {
            AddGenerationPrompt = true,
            EnableThinking = Thinks,
            BeginToken = tokenizer.Decode([tokenizer.Special.Begin]),
        });
        return !Thinks && text.EndsWith("<think>\n", StringComparison.Ordinal) ? text + "\n</think>\n\n" : text;
    }
}
