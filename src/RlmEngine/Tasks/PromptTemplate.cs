using System.Globalization;
using RlmEngine.Rollouts;
using RlmEngine.Tokenization;
using RlmEngine.Tokenization.Chat;

namespace RlmEngine.Tasks;

/// <summary>A prompt's text around the document, as token ids; {budget} stands for the thought budget, {mask} for the mark of a removed span.</summary>
/// <remarks>
/// In a chat the document stands inside the user's message, without the token that marks its beginning. What stands before the document
/// does not depend on it, so prompts of one document share a prefix.
/// </remarks>
public sealed class PromptTemplate
{
    private const string MaskText = "[MASK]";
    private const int ChatSeparator = 2;
    private readonly ITokenizer _tokenizer;
    private readonly TaskOptions _task;
    private readonly ChatTemplate _chat;
    private readonly string _mask;
    private readonly string _before;
    private readonly string _after;
    private readonly Dictionary<int, (int[] Before, int[] After)> _byBudget = [];

    /// <summary>Takes the task's prompt: the recipe's text, else the task's own.</summary>
    /// <exception cref="InvalidDataException">The chat template is not known, or is "auto" and not resolved.</exception>
    public PromptTemplate(ITokenizer tokenizer, TaskOptions task)
    {
        (_tokenizer, _task, PromptOptions options) = (tokenizer, task, task.Prompt ?? new PromptOptions());
        _chat = ChatTemplates.Named(options.Chat) ?? throw new InvalidDataException(
            $"prompt.chat: \"{options.Chat}\" is not known here; one of {string.Join(", ", ChatTemplates.Names)} is needed");
        ContextTokens = options.ContextTokens > 0 ? options.ContextTokens : int.MaxValue;
        int? mask = options.Mask is null ? tokenizer.Special.Mask : null;
        _mask = options.Mask ?? (mask is { } id ? tokenizer.Decode([id]) : MaskText);
        EmptyThought = tokenizer.Encode(SpecialTokenText.ThinkClose, parseSpecial: true);
        Mask = mask is { } own ? [own] : tokenizer.Encode(_mask, parseSpecial: true);
        (_before, _after) = _chat.IsPlain ? (options.Before ?? "", TextAfter(task)) : ChatText(options);
    }

    /// <summary>The own text of next-token prompts with a thought; the space keeps a tokenizer from joining it to the document.</summary>
    public const string NextToken = " [{budget}]<think>";

    /// <summary>The own text of restoration prompts with a thought.</summary>
    public const string Restoration = " [fill {budget}]<think>";

    /// <summary>The own text of a problem's prompts with a thought.</summary>
    public const string Answer = " [answer {budget}]<think>";

    /// <summary>The own text of a task's plain prompts: the instruction, with the budget where the task has one, and where the thought opens.</summary>
    public static string OwnText(TaskType type, bool thinks, bool hasBudget) => (type, thinks) switch
    {
        (TaskType.NextToken, true) => hasBudget ? NextToken : " [think]<think>",
        (TaskType.NextToken, false) => "",
        (TaskType.SpanRestoration, true) => hasBudget ? Restoration : " [fill]<think>",
        (TaskType.SpanRestoration, false) => " [fill]",
        (TaskType.VerifiableAnswer, true) => hasBudget ? Answer : " [answer]<think>",
        (TaskType.VerifiableAnswer, false) => " [answer]",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "unknown task"),
    };

    /// <summary>The text after the document of a task's plain prompts: the recipe's, else the task's own.</summary>
    public static string TextAfter(TaskOptions task) =>
        task.Prompt?.After ?? OwnText(task.Type, task.MaxThinkTokens > 0, task.Budget is not null);

    /// <summary>Ids of the document shown at most.</summary>
    public int ContextTokens { get; }

    /// <summary>Ids that stand in a removed span's place.</summary>
    public int[] Mask { get; }

    /// <summary>Ids that close a thought at once, after a prompt that opens it.</summary>
    public int[] EmptyThought { get; }

    /// <summary>True where the token that marks a document's beginning is shown; in a chat the document begins inside a message.</summary>
    public bool ShowsBegin => _chat.IsPlain;

    /// <summary>Ids before the document, with the budget's digits in place.</summary>
    public int[] Before(int budget) => At(budget).Before;

    /// <summary>Ids after the document, with the budget's digits in place.</summary>
    public int[] After(int budget) => At(budget).After;

    /// <summary>How the task's completions are read, by whether the prompt opens the thought and what the template writes after one.</summary>
    /// <param name="endsAtEndToken">True when the answer ends with a token that ends a completion.</param>
    public StopRule Stop(bool endsAtEndToken) => new(_task.MaxThinkTokens, _task.MaxAnswerTokens, endsAtEndToken)
    {
        AwaitsThinkOpen = _task.MaxThinkTokens > 0 && !OpensThought(_after),
        SeparatorLineFeeds = _chat.IsPlain || _task.MaxThinkTokens == 0 ? 0 : ChatSeparator,
    };

    /// <summary>Tokens of a context that are left for the document.</summary>
    /// <param name="contextLength">The model's context.</param>
    /// <param name="budget">B_t of the prompt.</param>
    public int Room(int contextLength, int budget) =>
        contextLength - Before(budget).Length - After(budget).Length - _task.MaxThinkTokens - _task.MaxAnswerTokens
        - Math.Max(1, new CompletionTokens(_tokenizer).MarkTokens(Stop(endsAtEndToken: true)));

    /// <summary>The conversation's text before and after the document.</summary>
    private (string Before, string After) ChatText(PromptOptions options)
    {
        // A character for private use marks the document's place, as no template and no instruction holds one.
        const char Document = '\uE000';
        (string before, string after) = ChatInstruction.Of(_task);
        string question = $"{options.Before ?? before}{Document}{options.After ?? after}";
        ChatMessage[] messages = [.. options.System is { } system ? (ChatMessage[])[new("system", system)] : [], new("user", question)];
        bool thinks = _task.MaxThinkTokens > 0;
        string[] parts = _chat.Render(messages, new ChatVariables
        {
            AddGenerationPrompt = true,
            EnableThinking = thinks,
            BeginToken = _tokenizer.Decode([_tokenizer.Special.Begin]),
        }).Split(Document);
        if (parts.Length != 2)
            throw new InvalidDataException("prompt: its text holds the character U+E000, which marks the document's place; any other is right");
        if (thinks && options.OpenThought && !OpensThought(parts[1]))
            return (parts[0], parts[1] + "<think>\n");
        return (parts[0], !thinks && OpensThought(parts[1]) ? parts[1] + "\n</think>\n\n" : parts[1]);
    }

    private static bool OpensThought(string text) =>
        text.LastIndexOf(SpecialTokenText.ThinkOpen, StringComparison.Ordinal) > text.LastIndexOf(SpecialTokenText.ThinkClose, StringComparison.Ordinal);

    private (int[] Before, int[] After) At(int budget)
    {
        if (!_byBudget.TryGetValue(budget, out (int[] Before, int[] After) ids))
        {
            ids = (Encode(_before, budget), Encode(_after, budget));
            _byBudget.Add(budget, ids);
        }
        return ids;
    }

    private int[] Encode(string text, int budget) => _tokenizer.Encode(
        text.Replace("{budget}", budget.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{mask}", _mask, StringComparison.Ordinal),
        parseSpecial: true);
}
