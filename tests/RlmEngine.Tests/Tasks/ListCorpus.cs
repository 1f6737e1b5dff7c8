using RlmEngine.Corpus;

namespace RlmEngine.Tests.Tasks;

/// <summary>A corpus given by its texts; pass n begins n documents later.</summary>
internal sealed class ListCorpus(IReadOnlyList<string> train, IReadOnlyList<string>? heldOut = null) : ICorpus
{
    public CorpusReport Report => new(0, train.Count, 0, new Dictionary<string, long>(), []);

    public int Opened { get; private set; }

    public IEnumerable<Document> Read(CorpusSplit split, int pass = 0)
    {
        Opened++;
        IReadOnlyList<string> texts = split == CorpusSplit.Train ? train : heldOut ?? [];
        int shift = split == CorpusSplit.Train ? pass : 0;
        for (int i = 0; i < texts.Count; i++)
            yield return new Document($"{split}:{i}", texts[(i + shift) % texts.Count]);
    }
}
