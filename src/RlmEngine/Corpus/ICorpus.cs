namespace RlmEngine.Corpus;

/// <summary>A source of documents, read as a stream and never whole in memory.</summary>
public interface ICorpus
{
    /// <summary>Reads one pass over a split; the same (split, pass) always gives the same documents in the same order.</summary>
    /// <param name="split">Which part to read.</param>
    /// <param name="pass">0, 1, 2, …: each pass has its own deterministic order. Held-out documents come in the same order in every pass.</param>
    /// <exception cref="InvalidDataException">Nothing usable was found, or a file cannot be read.</exception>
    IEnumerable<Document> Read(CorpusSplit split, int pass = 0);

    /// <summary>What the last complete pass read and left out, by reason.</summary>
    CorpusReport Report { get; }
}
