namespace RlmEngine.Tokenization;

/// <summary>How text is cut into tokens when the tokenizer is trained here.</summary>
public sealed record TokenizerOptions
{
    /// <summary>Vocabulary size, special tokens included; at least 256 + the special tokens.</summary>
    public int VocabularySize { get; init; } = 512;

    /// <summary>Bytes of the corpus it is trained on at most.</summary>
    public int TrainBytes { get; init; } = 2_000_000;
}
