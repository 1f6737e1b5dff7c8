namespace RlmEngine.Recipes;

/// <summary>Dotted paths of fields, as in stages.1.tasks.0.budget.decay; the same form that --set takes.</summary>
internal static class RecipePath
{
    /// <summary>Adds a segment.</summary>
    public static string Join(string path, string segment) => path.Length == 0 ? segment : $"{path}.{segment}";

    /// <summary>The known name nearest to a wrong one, or null when none is near (more than a third of its letters differ, at least two).</summary>
    public static string? Nearest(string name, IEnumerable<string> known)
    {
        string? best = null;
        int bestDistance = Math.Max(2, name.Length / 3) + 1;
        foreach (string candidate in known)
        {
            int distance = EditDistance(name.ToUpperInvariant(), candidate.ToUpperInvariant());
            if (distance < bestDistance)
                (best, bestDistance) = (candidate, distance);
        }

        return best;
    }

    private static int EditDistance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
