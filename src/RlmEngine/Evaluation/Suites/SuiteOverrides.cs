using RlmEngine.Metrics;

namespace RlmEngine.Evaluation.Suites;

/// <summary>Settings of a task that the user lays over those of its file; null leaves the file's.</summary>
public sealed record SuiteOverrides
{
    /// <summary>Responses to each prompt.</summary>
    public int? Samples { get; init; }

    /// <summary>Sampling temperature; 0 is greedy.</summary>
    public double? Temperature { get; init; }

    /// <summary>Top-p in (0, 1].</summary>
    public double? TopP { get; init; }

    /// <summary>Tokens of a response at most.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>Examples before the question.</summary>
    public int? FewShot { get; init; }

    /// <summary>The task with these settings; choices scored by log-likelihood have no samples and leave those out.</summary>
    /// <exception cref="UserInputException">A setting is out of its range, or several samples would all be alike.</exception>
    public SuiteTask ApplyTo(SuiteTask task)
    {
        Require(Samples is null or >= 1, "--samples", Samples, "at least 1");
        Require(Temperature is null || (Temperature >= 0 && double.IsFinite(Temperature.Value)), "--temperature", Temperature, "a finite number of at least 0");
        Require(TopP is null or > 0 and <= 1, "--top-p", TopP, "a number in (0, 1]");
        Require(MaxTokens is null or >= 1, "--max-tokens", MaxTokens, "at least 1");
        Require(FewShot is null or >= 0, "--num-fewshot", FewShot, "at least 0");
        task = task with { NumFewShot = FewShot ?? task.NumFewShot };
        if (task.IsMultipleChoice)
            return task;
        GenerationOptions generation = task.Generation;
        generation = generation with
        {
            DoSample = Temperature is double given ? given > 0 : generation.DoSample,
            Temperature = Temperature ?? generation.Temperature,
            TopP = TopP ?? generation.TopP,
            MaxTokens = MaxTokens ?? generation.MaxTokens,
        };
        if (Samples > 1 && generation.IsGreedy)
            throw new UserInputException($"{task.Task}: is greedy, so {Samples} samples would be alike; give --temperature, or --samples 1");
        return task with { Generation = generation, Repeats = Samples ?? (generation.IsGreedy ? 1 : task.Repeats) };
    }

    private static void Require<T>(bool holds, string option, T value, string needed)
    {
        if (!holds)
            throw new UserInputException(option, 0, "", string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{value} is not possible; {needed} is needed"));
    }
}
