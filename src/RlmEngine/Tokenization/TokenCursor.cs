namespace RlmEngine.Tokenization;

/// <summary>A place in a <see cref="TokenStream"/>: the first window that was not given yet.</summary>
/// <param name="Pass">Pass over the corpus, from 0.</param>
/// <param name="Document">Index of the document in the pass's order.</param>
/// <param name="Window">Index of the window in the document.</param>
public readonly record struct TokenCursor(int Pass, long Document, int Window);
