namespace RlmEngine.Curriculum;

/// <summary>What a model says of each token of a document given those before it; entry 0 has nothing before it and is NaN or −1.</summary>
/// <param name="LogProbs_L">ln p of each token, nats.</param>
/// <param name="Entropies_L">Entropy of the distribution each token was predicted from, nats.</param>
/// <param name="Argmax_L">The most likely token in each place.</param>
public sealed record DocumentScores(float[] LogProbs_L, float[] Entropies_L, int[] Argmax_L)
{
    /// <summary>Scores of a document of so many tokens, none known yet.</summary>
    internal static DocumentScores Unknown(int length)
    {
        var scores = new DocumentScores(new float[length], new float[length], new int[length]);
        scores.LogProbs_L.AsSpan().Fill(float.NaN);
        scores.Entropies_L.AsSpan().Fill(float.NaN);
        scores.Argmax_L.AsSpan().Fill(-1);
        return scores;
    }
}
