using System.Text;

namespace RlmEngine.Tokenization.Chat;

/// <summary>Llama 3, and 3.1 to 3.3 with their system header that names the dates; any role is written as it stands.</summary>
public sealed class Llama3Template : ChatTemplate
{
    /// <summary>The date that the templates write where they are given none.</summary>
    public const string OwnDate = "26 Jul 2024";

    private readonly bool _hasDates;

    /// <summary>Creates the template.</summary>
    /// <param name="name">As "llama3" or "llama3.1".</param>
    /// <param name="hasDates">True from 3.1 on: a system header stands first, and a tool's answer is written as JSON.</param>
    public Llama3Template(string name, bool hasDates)
        : base(name) => _hasDates = hasDates;

    private protected override void Write(StringBuilder text, IReadOnlyList<ChatMessage> messages, ChatVariables variables)
    {
        int first = 0;
        if (_hasDates)
        {
            RequireMessages(messages);
            string system = messages[0].Role == "system" ? Trim(Content(messages[first++])) : "";
            string date = variables.DateString ?? OwnDate;
            text.Append(variables.BeginToken);
            Write(text, "system", $"Cutting Knowledge Date: December 2023\nToday Date: {date}\n\n{system}");
        }
        else if (messages.Count > 0)
        {
            text.Append(variables.BeginToken);
        }
        foreach (ChatMessage message in messages.Skip(first))
        {
            if (_hasDates && message.Role is "tool" or "ipython")
                Write(text, "ipython", Json(Content(message)));
            else
                Write(text, message.Role, Trim(Content(message)));
        }
        if (variables.AddGenerationPrompt)
            text.Append("<|start_header_id|>assistant<|end_header_id|>\n\n");
    }

    private static void Write(StringBuilder text, string role, string content) =>
        text.Append("<|start_header_id|>").Append(role).Append("<|end_header_id|>\n\n").Append(content).Append("<|eot_id|>");

    /// <summary>A JSON string as Python's json.dumps writes it without ASCII escapes.</summary>
    private static string Json(string content)
    {
        var json = new StringBuilder("\"");
        foreach (char c in content)
            json.Append(c switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                '\f' => "\\f",
                '\b' => "\\b",
                < ' ' => $"\\u{(int)c:x4}",
                _ => c.ToString(),
            });
        return json.Append('"').ToString();
    }
}
