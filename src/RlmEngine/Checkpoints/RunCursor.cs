using System.Text.Json.Serialization;

namespace RlmEngine.Checkpoints;

/// <summary>Where a run stands, all that resuming needs beside weights and moments: random numbers are keyed by the step.</summary>
public sealed record RunCursor
{
    /// <summary>Steps completed, over all stages.</summary>
    public required int Step { get; init; }

    /// <summary>The stage the next step belongs to; the number of stages when all are done.</summary>
    public required int StageIndex { get; init; }

    /// <summary>Steps completed of that stage.</summary>
    public required int StageStep { get; init; }

    /// <summary>Pass over the corpus.</summary>
    public required int CorpusPass { get; init; }

    /// <summary>Documents taken of that pass.</summary>
    public required long CorpusDocument { get; init; }

    /// <summary>The policy's version.</summary>
    public required int PolicyVersion { get; init; }

    /// <summary>Counters of the run by name, such as tokens trained on.</summary>
    [JsonRequired]
    public IReadOnlyDictionary<string, long> Counters { get; init; } = new Dictionary<string, long>();

    /// <summary>The start of a run.</summary>
    public static RunCursor Start { get; } = new()
    {
        Step = 0,
        StageIndex = 0,
        StageStep = 0,
        CorpusPass = 0,
        CorpusDocument = 0,
        PolicyVersion = 0,
    };
}
