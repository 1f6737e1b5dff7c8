using RlmEngine.Recipes;

namespace RlmEngine.Experiments;

/// <summary>One run of the matrix: an entry's recipe with one seed.</summary>
public sealed record PlannedRun
{
    /// <summary>The entry.</summary>
    public required ExperimentEntry Entry { get; init; }

    /// <summary>The seed.</summary>
    public required ulong Seed { get; init; }

    /// <summary>The run folder.</summary>
    public required string Folder { get; init; }

    /// <summary>"path.to.field=value" laid over the entry's recipe file, seed and start among them.</summary>
    public required IReadOnlyList<string> Overrides { get; init; }

    /// <summary>The resolved recipe.</summary>
    public required Recipe Recipe { get; init; }

    /// <summary>The runs of the same seed that must have finished: whose checkpoint it starts from, and those its overrides name.</summary>
    public IReadOnlyList<PlannedRun> Needs { get; init; } = [];

    /// <summary>Entry and seed, as messages and files name the run.</summary>
    public string Name => $"{Entry.Name}-seed-{Seed}";

    /// <summary>Steps of all stages.</summary>
    public int Steps => Recipe.Stages.Sum(stage => stage.Steps);
}
