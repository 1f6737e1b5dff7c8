namespace RlmEngine.Kernels.Rollout;

/// <summary>How one row is sampled: x' = x / Temperature, then top-k, then top-p on what is left, then min-p, then one draw.</summary>
/// <param name="Temperature">Divides the logits, &gt; 0; 0 means greedy (the lowest index of the largest logit, log-probs at temperature 1).</param>
/// <param name="TopK">Keeps the k largest logits and all that tie with the k-th; 0 keeps all.</param>
/// <param name="TopP">Keeps the smallest set of largest probabilities whose mass reaches p, in (0, 1]; 1 keeps all.</param>
/// <param name="MinP">Keeps tokens with p ≥ MinP · max p, in [0, 1]; 0 keeps all.</param>
public readonly record struct SamplingParameters(float Temperature = 1f, int TopK = 0, float TopP = 1f, float MinP = 0f)
{
    /// <summary>True when the largest logit is taken without a draw.</summary>
    public bool IsGreedy => Temperature == 0f;

    /// <summary>True when top-k, top-p or min-p may remove tokens.</summary>
    public bool IsTruncated => !IsGreedy && (TopK > 0 || TopP < 1f || MinP > 0f);
}
