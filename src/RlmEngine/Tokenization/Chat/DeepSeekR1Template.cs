using System.Text;

namespace RlmEngine.Tokenization.Chat;

/// <summary>DeepSeek-R1-Distill: past thoughts are left out, and the generation prompt opens the next one.</summary>
public sealed class DeepSeekR1Template : ChatTemplate
{
    private const string EndOfSentence = "<｜end▁of▁sentence｜>";
    private const string OutputsEnd = "<｜tool▁outputs▁end｜>";
    private readonly bool _opensThought;

    /// <summary>Creates the template.</summary>
    /// <param name="opensThought">False for the first published form, whose generation prompt does not open the thought.</param>
    public DeepSeekR1Template(bool opensThought = true)
        : base("deepseek-r1") => _opensThought = opensThought;

    private protected override void Write(StringBuilder text, IReadOnlyList<ChatMessage> messages, ChatVariables variables)
    {
        ChatMessage? system = messages.LastOrDefault(message => message.Role == "system");
        text.Append(variables.BeginToken).Append(system is null ? "" : Content(system));
        bool isAfterTool = false, isFirstOutput = true;
        foreach (ChatMessage message in messages)
        {
            switch (message.Role)
            {
                case "user":
                    text.Append("<｜User｜>").Append(Content(message));
                    isAfterTool = false;
                    break;
                case "assistant":
                    WriteAnswer(text, message.Content, isAfterTool);
                    isAfterTool = false;
                    break;
                case "tool":
                    text.Append(isFirstOutput ? "<｜tool▁outputs▁begin｜>" : "\n");
                    text.Append("<｜tool▁output▁begin｜>").Append(Content(message)).Append("<｜tool▁output▁end｜>");
                    (isAfterTool, isFirstOutput) = (true, false);
                    break;
            }
        }
        if (isAfterTool)
            text.Append(OutputsEnd);
        else if (variables.AddGenerationPrompt)
            text.Append(_opensThought ? "<｜Assistant｜><think>\n" : "<｜Assistant｜>");
    }

    /// <summary>An answer without content holds only tool calls, of which there are none here.</summary>
    private static void WriteAnswer(StringBuilder text, string? content, bool isAfterTool)
    {
        if (content is null)
            return;
        if (isAfterTool)
            text.Append(OutputsEnd).Append(content).Append(EndOfSentence);
        else
            text.Append("<｜Assistant｜>").Append(content.Split(SpecialTokenText.ThinkClose)[^1]).Append(EndOfSentence);
    }
}
