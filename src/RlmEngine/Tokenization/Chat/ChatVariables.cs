namespace RlmEngine.Tokenization.Chat;

/// <summary>What a chat template is given beside the messages.</summary>
public sealed record ChatVariables
{
    /// <summary>True to end in the opening of the assistant's turn.</summary>
    public bool AddGenerationPrompt { get; init; }

    /// <summary>Qwen3: false closes an empty thought in the generation prompt; true and null leave thinking to the model.</summary>
    public bool? EnableThinking { get; init; }

    /// <summary>Llama 3.1 and 3.2: today's date in the system message; null takes the template's own, 26 Jul 2024, on every day.</summary>
    public string? DateString { get; init; }

    /// <summary>Text of the token that begins a sequence, where a template writes it (Llama 3, DeepSeek-R1).</summary>
    public string BeginToken { get; init; } = "";
}
