namespace RlmEngine.Evaluation.Suites;

/// <summary>How suites are run, beside what their tasks say.</summary>
public sealed record SuiteRunOptions
{
    /// <summary>Key of every random stream: sampling, shuffled choices, drawn examples.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Documents of each task, or of each of its subtasks, at most; null for all.</summary>
    public int? Limit { get; init; }

    /// <summary>The chat template prompts are a user's message in; null for none.</summary>
    public SuiteChat? Chat { get; init; }

    /// <summary>True where a prompt without chat template begins with the vocabulary's mark of the beginning.</summary>
    public bool AddsBegin { get; init; } = true;

    /// <summary>Rows decoded side by side at most; never changes a result.</summary>
    public int MaxRows { get; init; } = 64;

    /// <summary>True computes the few-shot prefix once for all documents of a subtask; false is there for comparison and never changes a result.</summary>
    public bool SharesPrefix { get; init; } = true;
}
