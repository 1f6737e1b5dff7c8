namespace RlmEngine.Tokenization.Chat;

/// <summary>The chat templates by name.</summary>
public static class ChatTemplates
{
    /// <summary>Stands for the template of the model's own folder.</summary>
    public const string Auto = "auto";

    /// <summary>No template.</summary>
    public static ChatTemplate Plain { get; } = new PlainTemplate();

    /// <summary>Qwen2.5.</summary>
    public static ChatTemplate Qwen25 { get; } = new Qwen25Template();

    /// <summary>Qwen3.</summary>
    public static ChatTemplate Qwen3 { get; } = new Qwen3Template();

    /// <summary>DeepSeek-R1-Distill.</summary>
    public static ChatTemplate DeepSeekR1 { get; } = new DeepSeekR1Template();

    /// <summary>Llama 3.</summary>
    public static ChatTemplate Llama3 { get; } = new Llama3Template("llama3", hasDates: false);

    /// <summary>Llama 3.1.</summary>
    public static ChatTemplate Llama31 { get; } = new Llama3Template("llama3.1", hasDates: true);

    private static IReadOnlyList<ChatTemplate> All { get; } =
    [
        Plain, Qwen25, Qwen3, new Qwen3Template(Qwen3Template.Thoughts.Unknown), new Qwen3Template(Qwen3Template.Thoughts.All),
        DeepSeekR1, Llama3, Llama31, new Llama3Template("llama3.2", hasDates: true), new Llama3Template("llama3.3", hasDates: true),
    ];

    /// <summary>Every name, in the order in which families came.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(template => template.Name)];

    /// <summary>The template whose name a text is, or null.</summary>
    public static ChatTemplate? Named(string name) => All.FirstOrDefault(template => template.Name == name);

    /// <summary>The template with the longest name that a text begins with, or null; case is not looked at, and "_" stands for "." or "-".</summary>
    public static ChatTemplate? Find(string text) =>
        All.Where(template => Plainly(text).StartsWith(Plainly(template.Name), StringComparison.Ordinal)).MaxBy(template => template.Name.Length);

    private static string Plainly(string name) => name.ToLowerInvariant().Replace('.', '_').Replace('-', '_');
}
