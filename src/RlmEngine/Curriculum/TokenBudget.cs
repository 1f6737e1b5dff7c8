namespace RlmEngine.Curriculum;

/// <summary>Dynamic token budget B_t = max(B_min, ⌊B_0 · γ^(t/T)⌋), METHOD "Dynamic token budget".</summary>
public sealed class TokenBudget
{
    // B_0 · γ^(t/T) that is a whole number on paper can come out some ulps below it; floor would then lose a token. Twelve digits is
    // far above the error of a power and far below any difference between budgets.
    private const double RelativeTolerance = 1e-12;

    private readonly BudgetOptions _options;

    /// <summary>Takes B_0, B_min and γ.</summary>
    /// <exception cref="ArgumentException">γ is not in (0, 1), B_min is below 1, or B_0 is below B_min.</exception>
    public TokenBudget(BudgetOptions options)
    {
        if (!(options.Decay is > 0 and < 1))
            throw new ArgumentException($"decay must be in (0, 1), not {options.Decay}");
        if (options.Minimum < 1)
            throw new ArgumentException($"minimum must be at least 1, not {options.Minimum}");
        if (options.Initial < options.Minimum)
            throw new ArgumentException($"initial must be at least minimum, {options.Minimum}, not {options.Initial}");
        _options = options;
    }

    /// <summary>B_t in tokens.</summary>
    /// <param name="step">t, from 0 to T.</param>
    /// <param name="total">T, at least 1.</param>
    public int At(int step, int total)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(total, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(step, total);
        double budget = _options.Initial * Math.Pow(_options.Decay, (double)step / total);
        return Math.Max(_options.Minimum, (int)Math.Floor(budget * (1 + RelativeTolerance)));
    }
}
