using System.Text.Json;
using System.Text.RegularExpressions;

namespace RlmEngine.Tokenization.Chat;

/// <summary>Which chat template a model's folder carries: chat_template.jinja, or chat_template in tokenizer_config.json.</summary>
public static partial class ChatTemplateFolder
{
    private const string TemplateFile = "chat_template.jinja";
    private const string ConfigFile = "tokenizer_config.json";

    /// <summary>The folder's template; plain text where it carries none, as the folders of base models do.</summary>
    /// <exception cref="InvalidDataException">It carries one that is not known, or its files cannot be read.</exception>
    public static ChatTemplate Of(string folder)
    {
        if (!Directory.Exists(folder))
            throw new InvalidDataException($"{folder}: no such folder, so its chat template is not known; name one of {string.Join(", ", ChatTemplates.Names)}");
        string file = Path.Combine(folder, TemplateFile);
        string? jinja = File.Exists(file) ? File.ReadAllText(file) : FromConfig(Path.Combine(folder, ConfigFile));
        if (jinja is null)
            return ChatTemplates.Plain;
        return Recognise(jinja) ?? throw new InvalidDataException(
            $"{folder}: its chat template is none that is known; name one of {string.Join(", ", ChatTemplates.Names)}");
    }

    /// <summary>The renderer of a Jinja template, told by the marks only its family writes; null for an unknown one.</summary>
    public static ChatTemplate? Recognise(string jinja)
    {
        bool Has(string mark) => jinja.Contains(mark, StringComparison.Ordinal);
        if (Has("<｜User｜>") && Has("content.split('</think>')[-1]"))
            return Has("'<｜User｜>' + message['content']}}") ? new DeepSeekR1Template(Has("<｜Assistant｜><think>\\n")) : null;
        if (Has("<|start_header_id|>"))
            return Has("Cutting Knowledge Date") ? Has("strftime_now") ? ChatTemplates.Named("llama3.2") : ChatTemplates.Llama31 : ChatTemplates.Llama3;
        if (!Has("<|im_start|>") || !Has("<tool_response>"))
            return null;
        if (Has("reasoning_content"))
            return !Has("enable_thinking") ? null : ChatTemplates.Named(Has("if loop.index0 > ns.last_query_index") ? "qwen3" : "qwen3-training");
        if (OwnSystem().Match(jinja) is { Success: true } system)
            return new Qwen25Template(Unescape(system.Groups[1].Value));
        return Has("messages[0].role == 'system'") ? ChatTemplates.Named("qwen3-instruct-2507") : null;
    }

    private static string Unescape(string literal) =>
        literal.Replace("\\n", "\n", StringComparison.Ordinal).Replace("\\'", "'", StringComparison.Ordinal).Replace("\\\\", "\\", StringComparison.Ordinal);

    private static string? FromConfig(string file)
    {
        if (!File.Exists(file))
            return null;
        try
        {
            using JsonDocument config = JsonDocument.Parse(File.ReadAllBytes(file));
            if (config.RootElement.ValueKind != JsonValueKind.Object || !config.RootElement.TryGetProperty("chat_template", out JsonElement template))
                return null;
            return template.ValueKind switch
            {
                JsonValueKind.String => template.GetString(),
                JsonValueKind.Null => null,
                JsonValueKind.Array => Default(template),
                _ => throw new InvalidDataException($"{file}: chat_template: a string or a list of named templates is needed"),
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new InvalidDataException($"{file}: cannot be read for its chat template: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    /// <summary>Of a list of named templates, the one named "default".</summary>
    private static string? Default(JsonElement templates) => templates.EnumerateArray()
        .Where(template => template.GetProperty("name").GetString() == "default")
        .Select(template => template.GetProperty("template").GetString())
        .FirstOrDefault();

    [GeneratedRegex(@"<\|im_start\|>system\\n((?:[^'\\]|\\.)*?)<\|im_end\|>\\n'")]
    private static partial Regex OwnSystem();
}
