using RlmEngine.Corpus;

namespace RlmEngine.Tests.Tasks;

/// <summary>A corpus given by its texts; pass n begins n documents later.</summary>
internal sealed class ListCorpus(IReadOnlyList<string> train, IReadOnlyList<string>? heldOut = null) : ICorpus
{
    public CorpusReport Report => new(0, train.Count, 0, new Dictionary<string, long>(), []);

    public int Opened { get; private set; }

    /// <summary>Readers that began and were not disposed.</summary>
    public int Open { get; private set; }

    public IEnumerable<Document> Read(CorpusSplit split, int pass = 0)
    {
        Opened++;
        using var reading = new Reading(this);
        IReadOnlyList<string> texts = split == CorpusSplit.Train ? train : heldOut ?? [];
        int shift = split == CorpusSplit.Train ? pass : 0;
        for (int i = 0; i < texts.Count; i++)
            yield return new Document($"{split}:{i}", texts[(i + shift) % texts.Count]);
    }

    private sealed class Reading : IDisposable
    {
        private readonly ListCorpus _corpus;

        public Reading(ListCorpus corpus) => (_corpus = corpus).Open++;

        public void Dispose() => _corpus.Open--;
    }
}
