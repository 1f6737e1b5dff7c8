namespace RlmEngine.Losses;

/// <summary>What is packed into micro-batches: a prompt with its completions, or a window of a document.</summary>
public abstract record TrainingItem
{
    /// <summary>Only this assembly knows how an item is laid out.</summary>
    private protected TrainingItem()
    {
    }
}

/// <summary>A window of a document for next-token prediction: every token but the first is a target, except those masked.</summary>
/// <param name="Tokens">Token ids; n tokens take at most n − 1 rows.</param>
/// <param name="Masked">Positions in <paramref name="Tokens"/> that are no target (the set C), or null for none.</param>
public sealed record DocumentWindow(int[] Tokens, IReadOnlySet<int>? Masked = null) : TrainingItem
{
    /// <summary>True when the token at a position is predicted.</summary>
    public bool IsTarget(int position) => position > 0 && position < Tokens.Length && Masked?.Contains(position) != true;

    /// <summary>Positions that are predicted.</summary>
    public int TargetCount => Enumerable.Range(0, Tokens.Length).Count(IsTarget);

    /// <summary>Rows needed: up to the last target's, so that a masked tail costs nothing.</summary>
    internal int RowCount
    {
        get
        {
            int last = Tokens.Length - 1;
            while (last > 0 && !IsTarget(last))
                last--;
            return Math.Max(last, 0);
        }
    }
}
