using System.Text;

namespace RlmEngine.Tokenization.Chat;

/// <summary>Plain text for base models: the contents one after another, a blank line between them, no roles and no marks.</summary>
public sealed class PlainTemplate : ChatTemplate
{
    /// <summary>Creates the template.</summary>
    public PlainTemplate()
        : base("plain")
    {
    }

    /// <inheritdoc/>
    public override bool IsPlain => true;

    private protected override void Write(StringBuilder text, IReadOnlyList<ChatMessage> messages, ChatVariables variables) =>
        text.AppendJoin("\n\n", messages.Select(Content));
}
