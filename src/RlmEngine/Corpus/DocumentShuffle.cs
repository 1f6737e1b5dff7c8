using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Corpus;

/// <summary>Streaming shuffle: a buffer of documents from which one at random goes out for each that comes in.</summary>
public static class DocumentShuffle
{
    /// <summary>Characters the buffer holds before it stops taking in more documents, however few they are (512 MiB).</summary>
    private const long MaxCharacters = 1L << 28;

    /// <summary>Gives all documents once, in an order set by (seed, pass).</summary>
    /// <param name="documents">The documents; at most <paramref name="capacity"/> of them are held at a time.</param>
    /// <param name="capacity">Documents held, at least 1; 1 keeps the order.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="pass">The pass.</param>
    public static IEnumerable<Document> Shuffle(IEnumerable<Document> documents, int capacity, ulong seed, int pass)
    {
        var random = new PhiloxStream(seed, CounterOf(pass, level: 1));
        var buffer = new List<Document>();
        long characters = 0;
        using IEnumerator<Document> source = documents.GetEnumerator();
        for (bool hasMore = true; ;)
        {
            while (hasMore && buffer.Count < capacity && (characters < MaxCharacters || buffer.Count == 0) && (hasMore = source.MoveNext()))
            {
                buffer.Add(source.Current);
                characters += source.Current.Text.Length;
            }

            if (buffer.Count == 0)
                yield break;
            int chosen = random.NextInt(buffer.Count);
            Document document = buffer[chosen];
            buffer[chosen] = buffer[^1];
            buffer.RemoveAt(buffer.Count - 1);
            characters -= document.Text.Length;
            yield return document;
        }
    }

    /// <summary>The files in the order of a pass.</summary>
    internal static string[] ShuffleFiles(IReadOnlyList<string> files, ulong seed, int pass)
    {
        string[] shuffled = [.. files];
        var random = new PhiloxStream(seed, CounterOf(pass, level: 0));
        random.Shuffle(shuffled.AsSpan());
        return shuffled;
    }

    private static PhiloxCounter CounterOf(int pass, uint level) => new(RandomPurpose.Shuffle, (uint)pass, level, 0, 0);
}
