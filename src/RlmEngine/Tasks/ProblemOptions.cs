namespace RlmEngine.Tasks;

/// <summary>Problems with answers that can be checked: the embedded world's, or those of .jsonl files.</summary>
public sealed record ProblemOptions
{
    /// <summary>Files with a problem a line; none takes the embedded world's problems.</summary>
    public IReadOnlyList<string> Paths { get; init; } = [];

    /// <summary>What the files hold: a question and its answer, or programming problems in a published form.</summary>
    public ProblemForm Form { get; init; } = ProblemForm.Answer;

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

/// <summary>Forms of problems.</summary>
public enum ProblemForm
{
    /// <summary>A question and its answer, each in a field.</summary>
    Answer,

    /// <summary>HumanEval's: prompt, entry_point, test.</summary>
    HumanEval,

    /// <summary>MBPP's: text, test_list.</summary>
    Mbpp,

    /// <summary>APPS's: question, input_output.</summary>
    Apps,

    /// <summary>LiveCodeBench's: question_content, public_test_cases, private_test_cases.</summary>
    LiveCodeBench,
}
