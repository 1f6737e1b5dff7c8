namespace RlmEngine.Grading;

/// <summary>How mathematical answers are compared; names as in Math-Verify's <c>verify</c>.</summary>
public sealed record MathGradingOptions
{
    /// <summary>The defaults.</summary>
    public static MathGradingOptions Default { get; } = new();

    /// <summary>Decimals to which a decimal number must agree with the other answer: |a − b| ≤ ½·10^−Precision (relative below 10⁻³).</summary>
    public int Precision { get; init; } = 6;

    /// <summary>Names of variables count, and a set is no tuple; else variables are matched by their order of appearance.</summary>
    public bool IsStrict { get; init; } = true;

    /// <summary>A gold set or interval also equals an inequality, x ∈ [−2, 7] and −2 ≤ x ≤ 7; the converse always holds.</summary>
    public bool AllowsSetRelation { get; init; } = true;

    /// <summary>A percentage also equals its number without the sign: 10 % and 10 (and always 10 % and 0.1).</summary>
    public bool IgnoresPercentSign { get; init; } = true;

    /// <summary>Budget of one comparison in steps; a step is a token, a node or so much arithmetic as takes about as long, 0.1 to 0.3 µs.</summary>
    public long Steps { get; init; } = 12_000;
}
