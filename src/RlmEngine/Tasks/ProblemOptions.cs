namespace RlmEngine.Tasks;

/// <summary>Problems with answers that can be checked: the embedded world's, or those of .jsonl files.</summary>
public sealed record ProblemOptions
{
    /// <summary>Files with a problem a line; none takes the embedded world's problems.</summary>
    public IReadOnlyList<string> Paths { get; init; } = [];

    /// <summary>Field of the question.</summary>
    public string Question { get; init; } = "question";

    /// <summary>Field of the answer; where its text holds "####", as GSM8K's does, the answer is what follows.</summary>
    public string Answer { get; init; } = "answer";

    /// <summary>Share of the problems that is held out, by the hash of the question.</summary>
    public double HeldOut { get; init; } = 0.1;

    /// <summary>Embedded world: smallest number of steps.</summary>
    public int MinSteps { get; init; } = 2;

    /// <summary>Embedded world: largest number of steps.</summary>
    public int MaxSteps { get; init; } = 5;
}
