namespace RlmEngine.Curriculum;

/// <summary>Probability of each tier in a draw.</summary>
/// <param name="Easy">Share of easy tokens.</param>
/// <param name="Medium">Share of medium tokens.</param>
/// <param name="Hard">Share of hard tokens.</param>
public readonly record struct TierShares(double Easy, double Medium, double Hard)
{
    /// <summary>Share of one tier.</summary>
    public double this[Tier tier] => tier switch
    {
        Tier.Easy => Easy,
        Tier.Medium => Medium,
        Tier.Hard => Hard,
        _ => throw new ArgumentOutOfRangeException(nameof(tier)),
    };

    /// <summary>Reads three shares.</summary>
    /// <exception cref="ArgumentException">They are not three, one is negative, or they do not sum to 1 within 1e-9.</exception>
    public static TierShares Of(IReadOnlyList<double> shares)
    {
        if (shares.Count != 3 || !shares.All(share => share >= 0) || Math.Abs(shares.Sum() - 1) > 1e-9)
            throw new ArgumentException($"tier shares must be three numbers of at least 0 that sum to 1, not [{string.Join(", ", shares)}]");
        return new TierShares(shares[0], shares[1], shares[2]);
    }
}
