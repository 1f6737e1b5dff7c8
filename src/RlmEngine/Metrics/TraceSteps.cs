using System.Globalization;

namespace RlmEngine.Metrics;

/// <summary>The steps of a run whose kernel calls a trace file shows; steps and phases are shown for all.</summary>
/// <param name="First">First step, counted from 1 as in metrics.jsonl.</param>
/// <param name="Last">Last step.</param>
/// <param name="LastOfStage">Last step of each stage.</param>
/// <param name="OutsideSteps">Also kernel calls outside steps: evaluation, scoring of a corpus.</param>
/// <param name="MaxCalls">Kernel calls at most.</param>
public sealed record TraceSteps(long First, long Last, long LastOfStage, bool OutsideSteps, long MaxCalls)
{
    private const int DefaultStepsOfStage = 3;
    private const int DefaultCalls = 1_000_000;
    private const string Everything = "all";

    /// <summary>The first three steps of each stage.</summary>
    public static TraceSteps OfEachStage { get; } = new(1, long.MaxValue, DefaultStepsOfStage, false, DefaultCalls);

    /// <summary>Every call, a million at most: for commands without steps.</summary>
    public static TraceSteps OfACommand { get; } = new(1, long.MaxValue, long.MaxValue, true, DefaultCalls);

    /// <summary>Reads "A..B", "A" or "all" (every step and all between them, without a limit); null is <see cref="OfEachStage"/>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="option">The option it was given by, for the message.</param>
    /// <exception cref="UserInputException">It is none of these.</exception>
    public static TraceSteps Parse(string? text, string option)
    {
        if (text is null)
            return OfEachStage;
        if (text == Everything)
            return OfACommand with { MaxCalls = long.MaxValue };
        string[] ends = text.Split("..");
        if (ends.Length <= 2 && TryStep(ends[0], out long first) && TryStep(ends[^1], out long last) && first >= 1 && last >= first)
            return new TraceSteps(first, last, long.MaxValue, false, long.MaxValue);
        throw new UserInputException(option, 0, "", $"{text} is not possible; A..B with 1 <= A <= B, one step, or {Everything} is needed");
    }

    /// <summary>True for a step whose kernel calls are shown.</summary>
    /// <param name="step">Step of the run, from 1.</param>
    /// <param name="stageStep">Step of its stage, from 1.</param>
    public bool Includes(long step, long stageStep) => step >= First && step <= Last && stageStep <= LastOfStage;

    private static bool TryStep(string text, out long step) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out step);
}
