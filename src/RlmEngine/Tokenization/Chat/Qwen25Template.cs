using System.Text;

namespace RlmEngine.Tokenization.Chat;

/// <summary>Qwen2.5: a system message stands first, the family's own where the conversation has none.</summary>
public sealed class Qwen25Template : ChatTemplate
{
    /// <summary>The system message of the instruct models.</summary>
    public const string InstructSystem = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.";

    private readonly string _system;

    /// <summary>Creates the template.</summary>
    /// <param name="system">System message of a conversation that brings none; the base and mathematics models have others.</param>
    public Qwen25Template(string system = InstructSystem)
        : base("qwen2.5") => _system = system;

    /// <inheritdoc/>
    public override string OwnSystem => _system;

    private protected override void Write(StringBuilder text, IReadOnlyList<ChatMessage> messages, ChatVariables variables)
    {
        RequireMessages(messages);
        QwenTurns.Write(text, "system", messages[0].Role == "system" ? Content(messages[0]) : _system);
        for (int i = 0; i < messages.Count; i++)
        {
            ChatMessage message = messages[i];
            if (message.Role is "user" or "assistant" || (message.Role == "system" && i > 0))
                QwenTurns.Write(text, message.Role, Content(message));
            else if (message.Role == "tool")
                QwenTurns.WriteTool(text, messages, i, Content(message));
        }
        if (variables.AddGenerationPrompt)
            QwenTurns.WriteGenerationPrompt(text);
    }
}
