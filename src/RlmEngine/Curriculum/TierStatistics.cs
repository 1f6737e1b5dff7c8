namespace RlmEngine.Curriculum;

/// <summary>What one tier of a pool holds.</summary>
/// <param name="Tier">The tier.</param>
/// <param name="Count">Positions in it.</param>
/// <param name="MeanEntropy">Their mean entropy, nats; NaN when there are none.</param>
/// <param name="MinEntropy">Their smallest entropy, nats; NaN when there are none.</param>
/// <param name="MaxEntropy">Their largest entropy, nats; NaN when there are none.</param>
public readonly record struct TierStatistics(Tier Tier, int Count, double MeanEntropy, double MinEntropy, double MaxEntropy);
