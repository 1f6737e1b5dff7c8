namespace RlmEngine.Corpus;

/// <summary>The embedded world: seeded documents in which thinking pays.</summary>
public sealed record WorldOptions
{
    /// <summary>Documents in one pass.</summary>
    public int Documents { get; init; } = 20_000;

    /// <summary>Smallest number of steps of a worked problem.</summary>
    public int MinSteps { get; init; } = 2;

    /// <summary>Largest number of steps of a worked problem.</summary>
    public int MaxSteps { get; init; } = 4;
}
