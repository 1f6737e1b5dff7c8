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

    /// <summary>What documents hold: boxes and lamps with moves of their own, or lists of moves that a machine goes through from many starts.</summary>
    public WorldKind Kind { get; init; } = WorldKind.Lamps;
}

/// <summary>Kinds of world documents.</summary>
public enum WorldKind
{
    /// <summary>Boxes and lamps; most tokens of medium entropy are chance.</summary>
    Lamps,

    /// <summary>A machine whose number, colour and size are asked: most tokens of medium and high entropy follow from the text, by thinking alone.</summary>
    Machines,
}
