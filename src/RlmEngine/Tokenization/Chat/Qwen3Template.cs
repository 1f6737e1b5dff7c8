using System.Text;

namespace RlmEngine.Tokenization.Chat;

/// <summary>Qwen3: thoughts before the last question are left out, and an empty one is written where thinking is off.</summary>
public sealed class Qwen3Template : ChatTemplate
{
    private readonly Thoughts _thoughts;

    /// <summary>Creates the template.</summary>
    /// <param name="thoughts">What becomes of the assistant's thoughts.</param>
    public Qwen3Template(Thoughts thoughts = Thoughts.SinceLastQuestion)
        : base(thoughts switch { Thoughts.Unknown => "qwen3-instruct-2507", Thoughts.All => "qwen3-training", _ => "qwen3" }) => _thoughts = thoughts;

    /// <summary>What a template of the family does with the assistant's thoughts.</summary>
    public enum Thoughts
    {
        /// <summary>Those after the last question are kept (the hybrid models).</summary>
        SinceLastQuestion,

        /// <summary>All are kept (TRL's variant for training).</summary>
        All,

        /// <summary>Thoughts are not known: contents stay as they are (Instruct-2507).</summary>
        Unknown,
    }

    private protected override void Write(StringBuilder text, IReadOnlyList<ChatMessage> messages, ChatVariables variables)
    {
        RequireMessages(messages);
        if (messages[0].Role == "system")
            QwenTurns.Write(text, "system", Content(messages[0]));
        int lastQuestion = LastQuestion(messages);
        for (int i = 0; i < messages.Count; i++)
        {
            ChatMessage message = messages[i];
            if (message.Role == "user" || (message.Role == "system" && i > 0))
                QwenTurns.Write(text, message.Role, message.Content ?? "");
            else if (message.Role == "assistant")
                QwenTurns.Write(text, message.Role, Answer(message, isLast: i == messages.Count - 1, isCurrent: i > lastQuestion));
            else if (message.Role == "tool")
                QwenTurns.WriteTool(text, messages, i, message.Content ?? "");
        }
        if (!variables.AddGenerationPrompt)
            return;
        QwenTurns.WriteGenerationPrompt(text);
        if (variables.EnableThinking == false && _thoughts != Thoughts.Unknown)
            text.Append("<think>\n\n</think>\n\n");
    }

    private string Answer(ChatMessage message, bool isLast, bool isCurrent)
    {
        string content = message.Content ?? "";
        if (_thoughts == Thoughts.Unknown)
            return content;
        string reasoning = message.ReasoningContent ?? "";
        if (message.ReasoningContent is null && content.Contains(SpecialTokenText.ThinkClose, StringComparison.Ordinal))
        {
            reasoning = content.Split(SpecialTokenText.ThinkClose)[0].TrimEnd('\n').Split(SpecialTokenText.ThinkOpen)[^1].TrimStart('\n');
            content = content.Split(SpecialTokenText.ThinkClose)[^1].TrimStart('\n');
        }
        bool isShown = _thoughts == Thoughts.All || (isCurrent && (isLast || reasoning.Length > 0));
        return isShown ? $"<think>\n{reasoning.Trim('\n')}\n</think>\n\n{content.TrimStart('\n')}" : content;
    }

    /// <summary>Index of the last question a person asked: a user's message that is no tool's answer; the last message where there is none.</summary>
    private static int LastQuestion(IReadOnlyList<ChatMessage> messages)
    {
        for (int i = messages.Count - 1; i >= 0; i--)
        {
            if (messages[i] is { Role: "user", Content: { } content }
                && !(content.StartsWith("<tool_response>", StringComparison.Ordinal) && content.EndsWith("</tool_response>", StringComparison.Ordinal)))
                return i;
        }
        return messages.Count - 1;
    }
}
