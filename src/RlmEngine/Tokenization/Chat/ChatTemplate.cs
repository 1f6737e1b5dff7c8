using System.Text;

namespace RlmEngine.Tokenization.Chat;

/// <summary>Renders a conversation as the text a model was trained on; tools are not rendered.</summary>
/// <remarks>Each renderer follows its family's official Jinja template in all that role, content and reasoning_content can reach.</remarks>
public abstract class ChatTemplate
{
    private const string UnicodeSeparators = "\u001c\u001d\u001e\u001f";

    private protected ChatTemplate(string name) => Name = name;

    /// <summary>The name a recipe gives it, as "qwen3".</summary>
    public string Name { get; }

    /// <summary>True for plain text, which marks no turns.</summary>
    public virtual bool IsPlain => false;

    /// <summary>The system message it writes where a conversation has none of its own; null where it writes none.</summary>
    public virtual string? OwnSystem => null;

    /// <summary>The text of a conversation.</summary>
    /// <param name="messages">In order; most templates need at least one.</param>
    /// <param name="variables">What the template is given beside them.</param>
    /// <exception cref="InvalidDataException">The template cannot render these messages.</exception>
    public string Render(IReadOnlyList<ChatMessage> messages, ChatVariables variables)
    {
        var text = new StringBuilder();
        Write(text, messages, variables);
        return text.ToString();
    }

    /// <summary>Writes the conversation.</summary>
    private protected abstract void Write(StringBuilder text, IReadOnlyList<ChatMessage> messages, ChatVariables variables);

    /// <summary>Refuses a conversation without messages, as a template does that asks for the first one's role.</summary>
    private protected void RequireMessages(IReadOnlyList<ChatMessage> messages)
    {
        if (messages.Count == 0)
            throw new InvalidDataException($"chat template {Name}: no messages; at least one is needed");
    }

    /// <summary>The content of a message that must have one.</summary>
    private protected string Content(ChatMessage message) => message.Content
        ?? throw new InvalidDataException($"chat template {Name}: a message of role \"{message.Role}\" has no content; a string is needed");

    /// <summary>Leaves out white space at both ends, as Python's str.strip() does: Unicode's, and the separators U+001C to U+001F.</summary>
    private protected static string Trim(string text)
    {
        int start = 0, end = text.Length;
        while (start < end && IsSpace(text[start]))
            start++;
        while (end > start && IsSpace(text[end - 1]))
            end--;
        return text[start..end];
    }

    private static bool IsSpace(char c) => char.IsWhiteSpace(c) || UnicodeSeparators.Contains(c);
}
