namespace RlmEngine.Grading;

/// <summary>Steps that one comparison may spend; counted, not timed, so that a verdict is the same on every machine.</summary>
/// <param name="steps">Steps allowed.</param>
internal sealed class StepBudget(long steps)
{
    /// <summary>Steps spent, never more than are allowed.</summary>
    public long Spent { get; private set; }

    /// <summary>Some work was not done because it would have cost more steps than were left.</summary>
    public bool IsExhausted { get; private set; }

    /// <summary>Spends steps; false when there are not so many left, and the work must not be done.</summary>
    public bool Spend(long count = 1)
    {
        if (count > steps - Spent)
        {
            IsExhausted = true;
            return false;
        }

        Spent += count;
        return true;
    }
}
