namespace RlmEngine.Losses;

/// <summary>Brings training items together that begin with the same tokens, so that those are computed once.</summary>
internal static class PrefixOrder
{
    /// <summary>Tokens that items share at least when they stand in one tree; fewer do not pay for attention's bookkeeping.</summary>
    internal const int MinShared = 16;

    /// <summary>Families of items that share prefixes, in the order of their first items; inside a family in the order of their tokens.</summary>
    /// <remarks>
    /// A neighbour belongs to the family when it shares at least <see cref="MinShared"/> tokens and half of the shorter item: a head that
    /// all prompts of a run have in common does not make one tree of them.
    /// </remarks>
    public static IEnumerable<TrainingItem[]> Families(IReadOnlyList<TrainingItem> items)
    {
        int[][] keys = [.. items.Select(KeyOf)];
        int[] order = [.. Enumerable.Range(0, items.Count)];
        Array.Sort(order, (a, b) => keys[a].AsSpan().SequenceCompareTo(keys[b]) is not 0 and int difference ? difference : a.CompareTo(b));
        var families = new List<(int First, TrainingItem[] Items)>();
        for (int start = 0, end; start < order.Length; start = end)
        {
            end = start + 1;
            while (end < order.Length && AreKin(keys[order[end - 1]], keys[order[end]]))
                end++;
            families.Add((order[start..end].Min(), [.. order[start..end].Select(i => items[i])]));
        }

        return families.OrderBy(family => family.First).Select(family => family.Items);
    }

    private static int[] KeyOf(TrainingItem item) => item is CompletionGroup group ? group.Prompt : ((DocumentWindow)item).Tokens;

    private static bool AreKin(int[] a, int[] b)
    {
        int shared = a.AsSpan().CommonPrefixLength(b);
        return shared >= MinShared && 2 * shared >= Math.Min(a.Length, b.Length);
    }
}
