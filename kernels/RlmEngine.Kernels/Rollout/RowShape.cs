namespace RlmEngine.Kernels.Rollout;

/// <summary>Checks the lengths and ids that a batch of rows comes with.</summary>
internal static class RowShape
{
    public static void Check(int logits, int vocabulary, int rows)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(vocabulary);
        if (logits != (long)rows * vocabulary)
            throw new ArgumentException($"{logits} logits are not {rows} rows of {vocabulary}");
    }

    public static void CheckLengths(int rows, params ReadOnlySpan<int> lengths)
    {
        foreach (int length in lengths)
        {
            if (length != rows) throw new ArgumentException($"a span of {length} values does not belong to {rows} rows");
        }
    }

    public static void CheckTarget(int target, int vocabulary)
    {
        if (target < TokenLogProb.NoTarget || target >= vocabulary)
            throw new ArgumentOutOfRangeException(nameof(target), target, $"a target is a token id below {vocabulary}, or -1 for none");
    }
}
