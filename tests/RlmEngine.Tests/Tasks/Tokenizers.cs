using RlmEngine.Corpus;
using RlmEngine.Tokenization;

namespace RlmEngine.Tests.Tasks;

/// <summary>Tokenizers the tests share.</summary>
internal static class Tokenizers
{
    /// <summary>One token for each byte, and the special tokens.</summary>
    public static ByteLevelBpe Bytes { get; } = ByteLevelBpeTrainer.Train([], 256 + SpecialTokenText.All.Count, 0);

    /// <summary>Words of the embedded world as tokens.</summary>
    public static ByteLevelBpe World { get; } = ByteLevelBpeTrainer.Train(
        new EmbeddedWorld(new WorldOptions { Documents = 100 }, 1, 0).Read(CorpusSplit.Train).Select(document => document.Text), 400, int.MaxValue);

    /// <summary>The end token, then the text's.</summary>
    public static int[] Document(this ITokenizer tokenizer, string text) => [tokenizer.Special.End, .. tokenizer.Encode(text)];
}
