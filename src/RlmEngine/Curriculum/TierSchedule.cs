namespace RlmEngine.Curriculum;

/// <summary>Tier shares over a stage, METHOD "Curriculum": p₁ for t &lt; t₁, linear from p₁ to p₂ between, p₂ from t₂ on.</summary>
public sealed class TierSchedule
{
    private readonly TierShares _first;
    private readonly TierShares _last;
    private readonly double _start;
    private readonly double _end;

    /// <summary>Takes p₁, p₂, t₁ and t₂.</summary>
    /// <exception cref="ArgumentException">Shares do not sum to 1, or not 0 ≤ t₁ &lt; t₂ ≤ 1.</exception>
    public TierSchedule(CurriculumOptions options)
    {
        if (!(options.T1 >= 0 && options.T1 < options.T2 && options.T2 <= 1))
            throw new ArgumentException($"transition points must satisfy 0 ≤ t1 < t2 ≤ 1, not t1 = {options.T1}, t2 = {options.T2}");
        (_first, _last) = (TierShares.Of(options.P1), TierShares.Of(options.P2));
        (_start, _end) = (options.T1, options.T2);
    }

    /// <summary>The shares at a step.</summary>
    /// <param name="step">t, from 0 to T.</param>
    /// <param name="total">T, at least 1.</param>
    public TierShares At(int step, int total)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(total, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(step, total);
        double time = (double)step / total;
        if (time < _start)
            return _first;
        if (time >= _end)
            return _last;
        double share = (time - _start) / (_end - _start);
        return new TierShares(
            Between(_first.Easy, _last.Easy, share), Between(_first.Medium, _last.Medium, share), Between(_first.Hard, _last.Hard, share));
    }

    private static double Between(double first, double last, double share) => first + (last - first) * share;
}
