using System.CommandLine;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using RlmEngine.Metrics;
using RlmEngine.Tokenization.Chat;

namespace RlmEngine.Cli.Commands;

/// <summary>`rlm render`: conversations as the text a model reads, one JSON string a line.</summary>
/// <param name="Path">JSON lines with template, messages and vars; null reads standard input.</param>
internal sealed record RenderCommand(string? Path)
{
    private static readonly JsonSerializerOptions s_text = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The command with its options.</summary>
    public static Command Create(CommandConsole console)
    {
        Argument<string?> file = new("FILE")
        {
            Description = "JSON lines {\"template\": NAME, \"messages\": [{\"role\", \"content\"}], \"vars\": {}}; standard input unless given.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Command command = new("render", $"Render conversations by a chat template: {string.Join(", ", ChatTemplates.Names)}.") { file };
        command.SetAction(result => new RenderCommand(result.GetValue(file)).Run(console));
        return command;
    }

    /// <summary>Renders line by line.</summary>
    public int Run(CommandConsole console)
    {
        if (Path is not null && !File.Exists(Path))
            throw new UserInputException($"{Path}: no such file; JSON lines are needed");
        using Stream stream = Path is null ? Console.OpenStandardInput() : File.OpenRead(Path);
        using StreamReader reader = new(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));
        for (int line = 1; Read(reader, line) is { } text; line++)
        {
            if (!string.IsNullOrWhiteSpace(text))
                console.Out.WriteLine(JsonSerializer.Serialize(Render(text, line), s_text));
        }
        return ExitCode.Done;
    }

    private string Name => Path ?? "standard input";

    private string? Read(StreamReader reader, int line)
    {
        try
        {
            return reader.ReadLine();
        }
        catch (DecoderFallbackException e)
        {
            throw new UserInputException(Name, line, "", $"is not UTF-8: {e.Message}");
        }
    }

    private string Render(string text, int line)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(text);
            return Conversation.Read(json.RootElement).Render();
        }
        catch (Exception e) when (e is JsonException or InvalidDataException or InvalidOperationException)
        {
            throw new UserInputException(Name, line, "", e.Message);
        }
    }

    /// <summary>One line's template, messages and variables.</summary>
    private sealed record Conversation(ChatTemplate Template, IReadOnlyList<ChatMessage> Messages, ChatVariables Variables)
    {
        public string Render() => Template.Render(Messages, Variables);

        public static Conversation Read(JsonElement line)
        {
            if (line.ValueKind != JsonValueKind.Object)
                throw new InvalidDataException("an object with template and messages is needed");
            if (IsGiven(line, "tools"))
                throw new InvalidDataException("tools: are not rendered; messages without tools are needed");
            string name = Text(line, "template") ?? throw new InvalidDataException("template: missing; a string is needed");
            ChatTemplate template = ChatTemplates.Find(name)
                ?? throw new InvalidDataException($"template: \"{name}\" is not known; one of {string.Join(", ", ChatTemplates.Names)} is needed");
            if (!line.TryGetProperty("messages", out JsonElement messages) || messages.ValueKind != JsonValueKind.Array)
                throw new InvalidDataException("messages: a list is needed");
            return new Conversation(template, [.. messages.EnumerateArray().Select(Message)], VariablesOf(line));
        }

        private static ChatMessage Message(JsonElement message, int index)
        {
            string place = $"messages.{index}";
            if (message.ValueKind != JsonValueKind.Object)
                throw new InvalidDataException($"{place}: an object with role and content is needed");
            if (IsGiven(message, "tool_calls"))
                throw new InvalidDataException($"{place}.tool_calls: are not rendered; a message without them is needed");
            string role = Text(message, "role", place) ?? throw new InvalidDataException($"{place}.role: missing; a string is needed");
            return new ChatMessage(role, Text(message, "content", place), Text(message, "reasoning_content", place));
        }

        private static ChatVariables VariablesOf(JsonElement line)
        {
            if (!IsGiven(line, "vars"))
                return new ChatVariables();
            JsonElement vars = line.GetProperty("vars");
            if (vars.ValueKind != JsonValueKind.Object)
                throw new InvalidDataException("vars: an object is needed");
            if (IsGiven(vars, "tools"))
                throw new InvalidDataException("vars.tools: are not rendered; messages without tools are needed");
            return new ChatVariables
            {
                AddGenerationPrompt = Flag(vars, "add_generation_prompt") ?? false,
                EnableThinking = Flag(vars, "enable_thinking"),
                DateString = Text(vars, "date_string", "vars"),
                BeginToken = Text(vars, "bos_token", "vars") ?? "",
            };
        }

        /// <summary>True for a field that says something: neither missing, nor null, nor an empty list.</summary>
        private static bool IsGiven(JsonElement element, string field) => element.TryGetProperty(field, out JsonElement value)
            && value.ValueKind != JsonValueKind.Null && !(value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0);

        private static string? Text(JsonElement element, string field, string place = "")
        {
            if (!element.TryGetProperty(field, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
                return null;
            return value.ValueKind == JsonValueKind.String
                ? value.GetString()
                : throw new InvalidDataException($"{(place.Length == 0 ? "" : place + ".")}{field}: a string is needed");
        }

        private static bool? Flag(JsonElement vars, string field)
        {
            if (!vars.TryGetProperty(field, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
                return null;
            return value.ValueKind is JsonValueKind.True or JsonValueKind.False
                ? value.GetBoolean()
                : throw new InvalidDataException($"vars.{field}: true or false is needed");
        }
    }
}
