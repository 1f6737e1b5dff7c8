namespace RlmEngine.Tokenization.Chat;

/// <summary>One message of a conversation.</summary>
/// <param name="Role">system, user, assistant, tool, or what else a template knows.</param>
/// <param name="Content">Its text; null only where a template knows a message without one.</param>
/// <param name="ReasoningContent">The thought before the content, where it is kept apart (Qwen3); null for none.</param>
public sealed record ChatMessage(string Role, string? Content, string? ReasoningContent = null);
