using RlmEngine.Corpus;
using RlmEngine.Tasks;
using RlmEngine.Tokenization;

namespace RlmEngine.Transformer.Planning;

/// <summary>Lengths of a corpus's first training documents in tokens, the beginning token included: what a plan takes all of them to be like.</summary>
/// <param name="Documents">Tokens of each document, in the order read.</param>
public sealed record CorpusSample(IReadOnlyList<int> Documents)
{
    private const long MostBytes = 4 << 20;

    /// <summary>Mean tokens of a document.</summary>
    public double Mean => Documents.Average();

    /// <summary>Most tokens of a document.</summary>
    public int Longest => Documents.Max();

    /// <summary>Mean tokens of the document that a token drawn at random stands in: Σ n² / Σ n.</summary>
    public double MeanOfDrawn => Documents.Sum(n => (double)n * n) / Documents.Sum(n => (double)n);

    /// <summary>Reads the first documents, fewer where they are long.</summary>
    /// <param name="corpus">The corpus.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="count">Documents at most.</param>
    /// <exception cref="InvalidDataException">There is no training document, or none can be read.</exception>
    public static CorpusSample Of(ICorpus corpus, ITokenizer tokenizer, int count)
    {
        List<int> lengths = [];
        long bytes = 0;
        foreach (Document document in corpus.Read(CorpusSplit.Train).Take(count))
        {
            lengths.Add(TokenizedDocuments.Encode(tokenizer, document).Length);
            bytes += document.Text.Length;
            if (bytes > MostBytes)
                break;
        }

        return lengths.Count > 0
            ? new CorpusSample(lengths)
            : throw new InvalidDataException("corpus: no training documents are left after the held-out ones are set aside; add documents");
    }

    /// <summary>Mean tokens before a position drawn at random from position 1 on, at most so many of them shown.</summary>
    public double MeanShown(int most)
    {
        double positions = 0, shown = 0;
        foreach (int length in Documents)
        {
            double whole = Math.Min(length - 1, most);
            positions += length - 1;
            shown += (whole * (whole + 1) / 2) + ((length - 1 - whole) * most);
        }

        return positions == 0 ? 0 : shown / positions;
    }

    /// <summary>Mean tokens of a document, each cut to so many.</summary>
    public double MeanCut(int most) => Documents.Average(n => Math.Min(n, most));
}
