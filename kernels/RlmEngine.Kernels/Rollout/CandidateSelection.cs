namespace RlmEngine.Kernels.Rollout;

/// <summary>Finds how far down the ordered candidates a sum of weights is reached, by weighted quickselect: no full sort.</summary>
internal static class CandidateSelection
{
    private const int SmallCount = 24;
    private const int RoundLimit = 64;

    /// <summary>
    /// The first key, in rising order, at which the running sum of weights reaches <paramref name="target"/>;
    /// <see cref="ulong.MaxValue"/> when all of them do not. Permutes the keys, which must all differ.
    /// </summary>
    public static ulong Reach<TWeight>(Span<ulong> keys, double target, TWeight weight)
        where TWeight : struct, ICandidateWeight
    {
        double need = target;
        for (int round = 0; keys.Length > SmallCount && round < RoundLimit; round++)
        {
            int middle = Partition(keys, weight, out double before);
            double here = weight.Of(keys[middle]);
            if (need <= before)
            {
                keys = keys[..middle];
                continue;
            }

            if (need <= before + here) return keys[middle];
            need -= before + here;
            keys = keys[(middle + 1)..];
        }

        // What is left is short, or the pivots were bad for too many rounds: sort it.
        keys.Sort();
        double sum = 0;
        foreach (ulong key in keys)
        {
            sum += weight.Of(key);
            if (sum >= need) return key;
        }

        return ulong.MaxValue;
    }

    private static int Partition<TWeight>(Span<ulong> keys, TWeight weight, out double before)
        where TWeight : struct, ICandidateWeight
    {
        int last = keys.Length - 1;
        int pivotIndex = MedianIndex(keys, 0, last / 2, last);
        ulong pivot = keys[pivotIndex];
        keys[pivotIndex] = keys[last];
        int store = 0;
        before = 0;
        for (int i = 0; i < last; i++)
        {
            ulong key = keys[i];
            if (key >= pivot) continue;
            before += weight.Of(key);
            keys[i] = keys[store];
            keys[store++] = key;
        }

        keys[last] = keys[store];
        keys[store] = pivot;
        return store;
    }

    private static int MedianIndex(ReadOnlySpan<ulong> keys, int a, int b, int c)
    {
        ulong x = keys[a], y = keys[b], z = keys[c];
        if (x < y) return y < z ? b : x < z ? c : a;
        return x < z ? a : y < z ? c : b;
    }
}
