namespace RlmEngine.Grading;

/// <summary>Steps that one comparison may spend; counted, not timed, so that a verdict is the same on every machine.</summary>
/// <param name="steps">Steps allowed.</param>
internal sealed class StepBudget(long steps)
{
    /// <summary>Steps spent; exceeds the allowance by at most the last spending.</summary>
    public long Spent { get; private set; }

    /// <summary>The allowance is used up: everything that asks gives up.</summary>
    public bool IsExhausted => Spent > steps;

    /// <summary>Spends steps; false when there are none left, and the work must not be done.</summary>
    public bool Spend(long count = 1)
    {
        Spent += count;
        return Spent <= steps;
    }
}
