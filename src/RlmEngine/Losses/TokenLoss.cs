namespace RlmEngine.Losses;

/// <summary>One target's policy-gradient loss and its derivative by logp.</summary>
/// <param name="Value">The loss, before aggregation.</param>
/// <param name="Derivative">d loss / d logp.</param>
internal readonly record struct TokenLoss(double Value, double Derivative)
{
    /// <summary>−min(ρA, clip(ρ, 1 − ε_low, 1 + ε_high)A), capped at −cA for A &lt; 0 when the dual clip c is on.</summary>
    /// <remarks>
    /// On a tie the unclipped branch is differentiated, which at ρ = 1 is the policy gradient itself. A NaN takes the same branch,
    /// so that it reaches the gradient (whose norm then is not finite) instead of vanishing in a clip.
    /// </remarks>
    internal static TokenLoss Clip(in Ratio ratio, double advantage, ObjectiveOptions options)
    {
        double unclipped = ratio.Value * advantage;
        double clipped = Math.Clamp(ratio.Value, 1 - options.ClipLow, 1 + options.ClipHigh) * advantage;
        TokenLoss loss = unclipped > clipped ? new(-clipped, 0) : new(-unclipped, -advantage * ratio.Derivative);
        double cap = -advantage * options.DualClip;
        return options.DualClip > 0 && advantage < 0 && loss.Value > cap ? new TokenLoss(cap, 0) : loss;
    }

    /// <summary>−sg[clip(ρ, 1 − ε_low, 1 + ε_high)] · A · logp (CISPO, MiniMax-M1): clipped tokens keep their gradient.</summary>
    internal static TokenLoss Cispo(in Ratio ratio, double advantage, double logProb, ObjectiveOptions options)
    {
        double coefficient = Math.Clamp(ratio.Value, 1 - options.ClipLow, 1 + options.ClipHigh);
        return new TokenLoss(-coefficient * advantage * logProb, -coefficient * advantage);
    }
}

/// <summary>An importance ratio ρ and its derivative by the target's logp.</summary>
/// <param name="Value">ρ = exp of the clamped log-ratio.</param>
/// <param name="Derivative">ρ, or 0 where the log-ratio was clamped.</param>
internal readonly record struct Ratio(double Value, double Derivative)
{
    /// <summary>Token log-ratios are clamped to ±20 (verl's vanilla loss), so that e^x stays in range.</summary>
    internal const double TokenClamp = 20;

    /// <summary>A sequence's mean log-ratio is clamped to at most 10 (verl's gspo).</summary>
    internal const double SequenceClamp = 10;

    internal static Ratio OfToken(double logRatio)
    {
        double value = Math.Exp(Math.Clamp(logRatio, -TokenClamp, TokenClamp));
        return new Ratio(value, Math.Abs(logRatio) > TokenClamp ? 0 : value);
    }

    /// <summary>Routes the gradient of exp(mean log-ratio) through each token as logp − sg[logp] + sg[mean], as verl does.</summary>
    internal static Ratio OfSequence(double meanLogRatio)
    {
        double value = Math.Exp(Math.Min(meanLogRatio, SequenceClamp));
        return new Ratio(value, meanLogRatio > SequenceClamp ? 0 : value);
    }
}
