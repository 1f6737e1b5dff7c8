using System.Numerics;

namespace RlmEngine.Rewards;

/// <summary>How many words two texts share, as F1 = 2 · shared / (words of one + words of the other).</summary>
public static class WordOverlap
{
    /// <summary>F1 of the bags of words of the normalized texts (SQuAD's token F1, case and punctuation kept); 1 when both are empty.</summary>
    public static double TokenF1(string a, string b)
    {
        string[] words_A = NormalizedText.Words(a), words_B = NormalizedText.Words(b);
        var left = new Dictionary<string, int>();
        foreach (string word in words_A)
            left[word] = left.GetValueOrDefault(word) + 1;
        int shared = 0;
        foreach (string word in words_B)
        {
            if (left.GetValueOrDefault(word) > 0)
            {
                left[word]--;
                shared++;
            }
        }
        return F1(shared, words_A.Length, words_B.Length);
    }

    /// <summary>F1 of the longest common subsequence of words of the normalized texts (ROUGE-L, β = 1); 1 when both are empty.</summary>
    public static double LongestCommonSubsequenceF1(string a, string b)
    {
        var ids = new Dictionary<string, int>();
        int[] words_A = Ids(NormalizedText.Words(a), ids), words_B = Ids(NormalizedText.Words(b), ids);
        return F1(LongestCommonSubsequence(words_A, words_B), words_A.Length, words_B.Length);
    }

    /// <summary>Length of the longest common subsequence, bit-parallel (Hyyrö 2004): O(nm / 64) time.</summary>
    public static int LongestCommonSubsequence(ReadOnlySpan<int> a, ReadOnlySpan<int> b)
    {
        Dictionary<int, ulong[]> matches = SymbolMasks.Of(a);
        // A zero bit marks a row at which the common subsequence grows by one.
        var rows = new ulong[SymbolMasks.Blocks(a.Length)];
        rows.AsSpan().Fill(ulong.MaxValue);
        foreach (int symbol in b)
        {
            if (!matches.TryGetValue(symbol, out ulong[]? match))
                continue;
            ulong carry = 0;
            for (int block = 0; block < rows.Length; block++)
            {
                ulong old = rows[block], hit = old & match[block];
                UInt128 sum = (UInt128)old + hit + carry;
                carry = (ulong)(sum >> 64);
                rows[block] = (ulong)sum | (old & ~match[block]);
            }
        }
        int length = 0;
        for (int block = 0; block < rows.Length; block++)
        {
            int bits = Math.Min(64, a.Length - block * 64);
            ulong inside = bits == 64 ? ulong.MaxValue : (1UL << bits) - 1;
            length += BitOperations.PopCount(~rows[block] & inside);
        }
        return length;
    }

    private static int[] Ids(string[] words, Dictionary<string, int> ids)
    {
        var result = new int[words.Length];
        for (int i = 0; i < words.Length; i++)
        {
            if (!ids.TryGetValue(words[i], out result[i]))
                ids[words[i]] = result[i] = ids.Count;
        }
        return result;
    }

    private static double F1(int shared, int a, int b) => a + b == 0 ? 1.0 : 2.0 * shared / (a + b);
}
