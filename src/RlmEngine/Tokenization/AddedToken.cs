namespace RlmEngine.Tokenization;

/// <summary>A token found as a whole string before text is cut into pieces. Source: huggingface/tokenizers, added_vocabulary.rs.</summary>
/// <param name="Id">Its id.</param>
/// <param name="IsSpecial">False for strings such as a tool call's tag, which other readers show in decoded text.</param>
/// <param name="IsSingleWord">Found only where no word character stands beside it.</param>
/// <param name="StripsLeft">White space before it belongs to it.</param>
/// <param name="StripsRight">White space after it belongs to it.</param>
/// <param name="IsNormalized">Looked for in the normalized text, after the tokens that are not, and in its own normalized form.</param>
internal readonly record struct AddedToken(
    int Id, bool IsSpecial, bool IsSingleWord = false, bool StripsLeft = false, bool StripsRight = false, bool IsNormalized = false);
