using System.Text;

namespace RlmEngine.Tokenization.Chat;

/// <summary>The turns that the templates of Qwen share: &lt;|im_start|&gt;role, content, &lt;|im_end|&gt;.</summary>
internal static class QwenTurns
{
    public const string Start = "<|im_start|>";
    public const string End = "<|im_end|>\n";

    public static void Write(StringBuilder text, string role, string content) =>
        text.Append(Start).Append(role).Append('\n').Append(content).Append(End);

    /// <summary>A tool's answer stands in a user's turn; those that follow one another share it.</summary>
    public static void WriteTool(StringBuilder text, IReadOnlyList<ChatMessage> messages, int index, string content)
    {
        if (index == 0 || messages[index - 1].Role != "tool")
            text.Append(Start).Append("user");
        text.Append("\n<tool_response>\n").Append(content).Append("\n</tool_response>");
        if (index == messages.Count - 1 || messages[index + 1].Role != "tool")
            text.Append(End);
    }

    public static void WriteGenerationPrompt(StringBuilder text) => text.Append(Start).Append("assistant\n");
}
