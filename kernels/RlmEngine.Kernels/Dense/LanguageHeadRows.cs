using CommunityToolkit.HighPerformance.Buffers;
using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Kernels.Dense;

/// <summary>Log-prob, entropy and argmax of one row of a tile of logits.</summary>
internal unsafe struct LanguageHeadScores : IWork
{
    public float* Logits;
    public int Vocabulary;
    public int* Tokens;
    public float* Temperatures;
    public float* LogProbs;
    public float* Entropies;
    public int* ArgMax;
    public int EntropyTopK;

    public readonly void Do(int index)
    {
        var logits_V = new ReadOnlySpan<float>(Logits + ((nint)index * Vocabulary), Vocabulary);
        RowStatistics row = TokenLogProb.Row(logits_V, Temperatures[index]);
        LogProbs[index] = row.LogProb(logits_V[Tokens[index]]);
        Entropies[index] = EntropyTopK > 0 && EntropyTopK < Vocabulary ? TopEntropy(logits_V, Temperatures[index]) : row.Entropy;
        if (ArgMax is not null) ArgMax[index] = row.ArgMax;
    }

    private readonly float TopEntropy(ReadOnlySpan<float> logits_V, float temperature)
    {
        using SpanOwner<float> owner = SpanOwner<float>.Allocate(EntropyTopK);
        Span<float> top_K = owner.Span;
        logits_V[..EntropyTopK].CopyTo(top_K);
        top_K.Sort();
        foreach (float logit in logits_V[EntropyTopK..])
        {
            if (!(logit > top_K[0])) continue;
            int place = 1;
            for (; place < top_K.Length && top_K[place] < logit; place++)
                top_K[place - 1] = top_K[place];
            top_K[place - 1] = logit;
        }

        return TokenLogProb.Row(top_K, temperature).Entropy;
    }
}

/// <summary>Replaces one row of a tile of logits by the loss's gradient.</summary>
internal unsafe struct LanguageHeadGradients : IWork
{
    public float* Logits;
    public int Vocabulary;
    public int* Tokens;
    public float* Temperatures;
    public float* LogProbGradients;
    public float* EntropyGradients;

    public readonly void Do(int index)
    {
        var logits_V = new Span<float>(Logits + ((nint)index * Vocabulary), Vocabulary);
        RowStatistics row = TokenLogProb.Row(logits_V, Temperatures[index]);
        TokenLogProb.GradientRow(
            logits_V, Tokens[index], Temperatures[index], row.LogSumExp, row.Entropy, LogProbGradients[index], EntropyGradients[index]);
    }
}
