using System.Text;

namespace RlmEngine.Rewards;

/// <summary>Levenshtein distance between texts, in Unicode scalar values, by Myers's bit-parallel algorithm (JACM 1999, in blocks).</summary>
public static class EditDistance
{
    /// <summary>1 − distance / max length of the normalized texts; 1 when both are empty.</summary>
    public static double Similarity(string a, string b)
    {
        int[] scalars_A = Scalars(NormalizedText.Of(a)), scalars_B = Scalars(NormalizedText.Of(b));
        int longest = Math.Max(scalars_A.Length, scalars_B.Length);
        return longest == 0 ? 1.0 : 1.0 - (double)Levenshtein(scalars_A, scalars_B) / longest;
    }

    /// <summary>Least number of insertions, deletions and substitutions that turn one sequence into the other; O(nm / 64) time.</summary>
    public static int Levenshtein(ReadOnlySpan<int> a, ReadOnlySpan<int> b)
    {
        int prefix = a.CommonPrefixLength(b);
        a = a[prefix..];
        b = b[prefix..];
        int suffix = 0;
        while (suffix < a.Length && suffix < b.Length && a[^(suffix + 1)] == b[^(suffix + 1)])
            suffix++;
        a = a[..^suffix];
        b = b[..^suffix];
        if (a.IsEmpty || b.IsEmpty)
            return a.Length + b.Length;
        return a.Length <= b.Length ? Myers(a, b) : Myers(b, a);
    }

    private static int Myers(ReadOnlySpan<int> pattern, ReadOnlySpan<int> text)
    {
        Dictionary<int, ulong[]> matches = SymbolMasks.Of(pattern);
        int blocks = SymbolMasks.Blocks(pattern.Length), distance = pattern.Length;
        var absent = new ulong[blocks];
        var increase = new ulong[blocks];
        var decrease = new ulong[blocks];
        increase.AsSpan().Fill(ulong.MaxValue);
        ulong lastRow = 1UL << ((pattern.Length - 1) & 63);
        foreach (int symbol in text)
            distance += Column(matches.GetValueOrDefault(symbol, absent), increase, decrease, lastRow);
        return distance;
    }

    // One column of the table in vertical differences; returns the horizontal difference in its last row.
    private static int Column(ulong[] equal, ulong[] increase, ulong[] decrease, ulong lastRow)
    {
        ulong carryIncrease = 1, carryDecrease = 0, horizontalIncrease = 0, horizontalDecrease = 0;
        for (int block = 0; block < equal.Length; block++)
        {
            ulong up = increase[block], down = decrease[block], match = equal[block];
            ulong vertical = match | down;
            match |= carryDecrease;
            ulong diagonal = (((match & up) + up) ^ up) | match;
            horizontalIncrease = down | ~(diagonal | up);
            horizontalDecrease = up & diagonal;
            ulong shiftedIncrease = (horizontalIncrease << 1) | carryIncrease;
            ulong shiftedDecrease = (horizontalDecrease << 1) | carryDecrease;
            (carryIncrease, carryDecrease) = (horizontalIncrease >> 63, horizontalDecrease >> 63);
            increase[block] = shiftedDecrease | ~(vertical | shiftedIncrease);
            decrease[block] = shiftedIncrease & vertical;
        }
        return ((horizontalIncrease & lastRow) != 0 ? 1 : 0) - ((horizontalDecrease & lastRow) != 0 ? 1 : 0);
    }

    private static int[] Scalars(string text)
    {
        var scalars = new List<int>(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
            scalars.Add(rune.Value);
        return [.. scalars];
    }
}

/// <summary>For each symbol of a pattern, a bit for each place where it stands, in blocks of 64.</summary>
internal static class SymbolMasks
{
    internal static int Blocks(int length) => (length + 63) / 64;

    internal static Dictionary<int, ulong[]> Of(ReadOnlySpan<int> pattern)
    {
        var masks = new Dictionary<int, ulong[]>();
        for (int i = 0; i < pattern.Length; i++)
        {
            if (!masks.TryGetValue(pattern[i], out ulong[]? mask))
                masks[pattern[i]] = mask = new ulong[Blocks(pattern.Length)];
            mask[i / 64] |= 1UL << (i & 63);
        }
        return masks;
    }
}
