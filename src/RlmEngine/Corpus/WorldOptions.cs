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

    /// <summary>What documents hold: boxes always, and lamps of their own moves, or machines that the boxes' moves drive.</summary>
    public WorldKind Kind { get; init; } = WorldKind.Lamps;
}

/// <summary>Kinds of world documents.</summary>
public enum WorldKind
{
    /// <summary>Boxes and lamps; most tokens of medium entropy are chance.</summary>
    Lamps,

    /// <summary>Boxes, whose moves also turn a compass, a gauge and a flag: most tokens of medium and high entropy follow from the text.</summary>
    Machines,
}
