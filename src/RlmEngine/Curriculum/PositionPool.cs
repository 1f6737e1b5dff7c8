using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Curriculum;

/// <summary>Scored documents and, by tier, the positions in them that a task may draw.</summary>
/// <remarks>
/// Position 0 has nothing before it and is never drawn, nor is one whose entropy is NaN or below the least wanted. Documents are as the
/// caller tokenized them; where an end token stands before each document, that token is position 0.
/// </remarks>
public sealed class PositionPool
{
    private static readonly Tier[] _tiers = Enum.GetValues<Tier>();

    private readonly IReadOnlyList<int[]> _documents;
    private readonly IReadOnlyList<float[]> _entropies;
    private readonly List<(int Document, int Position)>[] _positions;

    /// <summary>Makes a pool of documents that are scored already.</summary>
    /// <param name="documents">Token ids of each document.</param>
    /// <param name="entropies">Entropy of each position, nats; entry 0 is not read.</param>
    /// <param name="cuts">Where tiers are cut.</param>
    /// <param name="minEntropy">Positions with less entropy are never drawn, nats; 0 keeps all.</param>
    /// <exception cref="ArgumentException">A document has not one entropy for each token.</exception>
    public PositionPool(IReadOnlyList<int[]> documents, IReadOnlyList<float[]> entropies, TierCuts cuts, double minEntropy = 0)
    {
        if (documents.Count != entropies.Count || documents.Where((tokens, d) => tokens.Length != entropies[d].Length).Any())
            throw new ArgumentException("each document needs one entropy for each token");
        (_documents, _entropies, Cuts, MinEntropy) = (documents, entropies, cuts, minEntropy);
        _positions = [.. _tiers.Select(_ => new List<(int, int)>())];
        foreach ((int document, int position, float entropy) in Drawable(entropies, minEntropy))
            _positions[(int)cuts.TierOf(entropy)].Add((document, position));
    }

    /// <summary>Where tiers are cut.</summary>
    public TierCuts Cuts { get; }

    /// <summary>Positions with less entropy are never drawn, nats.</summary>
    public double MinEntropy { get; }

    /// <summary>Number of documents.</summary>
    public int DocumentCount => _documents.Count;

    /// <summary>Positions that can be drawn.</summary>
    public int PositionCount => _positions.Sum(tier => tier.Count);

    /// <summary>Scores documents by a model and cuts them into tiers.</summary>
    /// <param name="scorer">The model that measures difficulty.</param>
    /// <param name="documents">Token ids; at most <see cref="CurriculumOptions.Documents"/> of them are taken.</param>
    /// <param name="options">Rule, bounds and filters; quantiles are those of the positions that can be drawn.</param>
    /// <param name="window">The model's context length.</param>
    /// <param name="maxRows">Rows scored at once at most.</param>
    /// <param name="cuts">Cuts of another pool to use instead of the options' rule: held-out documents take the training documents'.</param>
    public static PositionPool Score(
        ITokenScorer scorer, IEnumerable<int[]> documents, CurriculumOptions options, int window, int maxRows, TierCuts? cuts = null)
    {
        int[][] taken = [.. documents.Take(options.Documents)];
        float[][] entropies =
            [.. new DocumentScorer(scorer, window, maxRows, options.EntropyTopK).Score(taken).Select(scores => scores.Entropies_L)];
        TierCuts found = cuts ?? TierCuts.Of(options, Drawable(entropies, options.MinEntropy).Select(position => position.Entropy));
        return new PositionPool(taken, entropies, found, options.MinEntropy);
    }

    /// <summary>Token ids of a document.</summary>
    public int[] Document(int document) => _documents[document];

    /// <summary>Entropy of each position of a document, nats; entry 0 means nothing.</summary>
    public ReadOnlySpan<float> Entropies(int document) => _entropies[document];

    /// <summary>Number of positions of a tier that can be drawn.</summary>
    public int Count(Tier tier) => _positions[(int)tier].Count;

    /// <summary>The i-th position of a tier, in the order of documents and positions.</summary>
    public DrawnPosition At(Tier tier, int index)
    {
        (int document, int position) = _positions[(int)tier][index];
        return new DrawnPosition(document, position, tier, false);
    }

    /// <summary>Draws a tier by its share, then a position uniformly in it; empty tiers are left out and the other shares scaled up.</summary>
    /// <remarks>When all tiers with a share are empty, every position is drawn alike.</remarks>
    /// <exception cref="InvalidOperationException">No position can be drawn.</exception>
    public DrawnPosition Draw(TierShares shares, ref PhiloxStream random)
    {
        double sum = _tiers.Where(tier => Count(tier) > 0).Sum(tier => shares[tier]);
        bool isRenormalized = _tiers.Any(tier => Count(tier) == 0 && shares[tier] > 0);
        if (!(sum > 0))
            return Draw(ref random) with { IsRenormalized = isRenormalized };
        double left = random.NextDouble() * sum;
        Tier drawn = default;
        foreach (Tier tier in _tiers.Where(tier => Count(tier) > 0 && shares[tier] > 0))
        {
            drawn = tier;
            left -= shares[tier];
            if (left < 0)
                break;
        }
        return At(drawn, random.NextInt(Count(drawn))) with { IsRenormalized = isRenormalized };
    }

    /// <summary>Draws any position, each alike.</summary>
    /// <exception cref="InvalidOperationException">No position can be drawn.</exception>
    public DrawnPosition Draw(ref PhiloxStream random)
    {
        if (PositionCount == 0)
            throw new InvalidOperationException("no position of the scored documents can be drawn: they are too short, or all below minEntropy");
        int index = random.NextInt(PositionCount);
        Tier tier = Tier.Easy;
        while (index >= Count(tier))
            index -= Count(tier++);
        return At(tier, index);
    }

    /// <summary>What each tier holds.</summary>
    public IReadOnlyList<TierStatistics> Statistics() => [.. _tiers.Select(StatisticsOf)];

    private TierStatistics StatisticsOf(Tier tier)
    {
        double sum = 0, min = double.PositiveInfinity, max = double.NegativeInfinity;
        foreach ((int document, int position) in _positions[(int)tier])
        {
            double entropy = _entropies[document][position];
            sum += entropy;
            min = Math.Min(min, entropy);
            max = Math.Max(max, entropy);
        }
        int count = Count(tier);
        return count == 0
            ? new TierStatistics(tier, 0, double.NaN, double.NaN, double.NaN)
            : new TierStatistics(tier, count, sum / count, min, max);
    }

    private static IEnumerable<(int Document, int Position, float Entropy)> Drawable(IReadOnlyList<float[]> entropies, double minEntropy)
    {
        for (int document = 0; document < entropies.Count; document++)
        {
            for (int position = 1; position < entropies[document].Length; position++)
            {
                float entropy = entropies[document][position];
                if (!float.IsNaN(entropy) && (minEntropy <= 0 || entropy >= minEntropy))
                    yield return (document, position, entropy);
            }
        }
    }
}
