namespace RlmEngine.Losses;

/// <summary>An estimate of KL(policy ‖ reference) from one sample, and its derivative by the policy's logp; d = logp_ref − logp.</summary>
/// <param name="Value">k1 = −d, k2 = d²/2, k3 = e^d − d − 1 (Schulman 2020), nats.</param>
/// <param name="Derivative">By logp: 1, −d, 1 − e^d; 0 where a clamp holds the value.</param>
public readonly record struct KlEstimate(double Value, double Derivative)
{
    /// <summary>k3 clamps d to ±20 (verl, NeMo-RL).</summary>
    public const double InputClamp = 20;

    /// <summary>k3 clamps its value to ±10 (verl, NeMo-RL).</summary>
    public const double OutputClamp = 10;

    private const double SeriesBound = 0.1;
    private const int SeriesTerms = 11;

    /// <summary>The estimate as the objective uses it: k1 and k2 as they stand, k3 with verl's clamps.</summary>
    public static KlEstimate Of(KlEstimator estimator, double logProb, double referenceLogProb) => estimator == KlEstimator.K3
        ? Of(estimator, logProb, referenceLogProb, InputClamp, OutputClamp)
        : Of(estimator, logProb, referenceLogProb, double.PositiveInfinity, double.PositiveInfinity);

    /// <summary>The estimate with given clamps on d and on the value; +∞ turns a clamp off.</summary>
    public static KlEstimate Of(KlEstimator estimator, double logProb, double referenceLogProb, double inputClamp, double outputClamp)
    {
        double raw = referenceLogProb - logProb;
        double d = Math.Clamp(raw, -inputClamp, inputClamp);
        (double value, double derivative) = estimator switch
        {
            KlEstimator.K1 => (-d, 1.0),
            KlEstimator.K2 => (d * d / 2, -d),
            KlEstimator.K3 => (K3(d), -ExpMinusOne(d)),
            _ => throw new ArgumentOutOfRangeException(nameof(estimator), estimator, "unknown KL estimator"),
        };
        bool isClamped = Math.Abs(raw) > inputClamp || Math.Abs(value) > outputClamp;
        return new KlEstimate(Math.Clamp(value, -outputClamp, outputClamp), isClamped ? 0 : derivative);
    }

    // e^d − d − 1 cancels near 0, where policy and reference agree; its series does not.
    private static double K3(double d) => Math.Abs(d) < SeriesBound ? d * d * Series(d) : Math.Exp(d) - d - 1;

    private static double ExpMinusOne(double d) => Math.Abs(d) < SeriesBound ? d + d * d * Series(d) : Math.Exp(d) - 1;

    // (e^d − d − 1) / d² = 1/2! + d/3! + d²/4! + …
    private static double Series(double d)
    {
        double sum = 0;
        for (int k = SeriesTerms; k > 0; k--)
            sum = (1 + sum * d) / (k + 1);
        return sum;
    }
}
