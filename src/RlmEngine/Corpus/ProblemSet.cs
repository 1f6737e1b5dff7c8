using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Corpus;

/// <summary>Problems held in memory, split by the hash of their question; each training pass has its own order.</summary>
public abstract class ProblemSet : IProblemSource
{
    private readonly ulong _seed;
    private readonly Problem[] _train;
    private readonly Problem[] _heldOut;

    /// <summary>Splits the problems; of those with the same question the first counts.</summary>
    /// <param name="problems">All problems.</param>
    /// <param name="origin">Where they come from, for messages.</param>
    /// <param name="heldOut">Share of problems held out.</param>
    /// <param name="seed">The run's seed.</param>
    /// <exception cref="InvalidDataException">One side has no problem.</exception>
    protected ProblemSet(IEnumerable<Problem> problems, string origin, double heldOut, ulong seed)
    {
        _seed = seed;
        Problem[] all = [.. problems.DistinctBy(problem => problem.Question)];
        _train = [.. all.Where(problem => DocumentSplit.Of(problem.Question, heldOut) == CorpusSplit.Train)];
        _heldOut = [.. all.Where(problem => DocumentSplit.Of(problem.Question, heldOut) == CorpusSplit.HeldOut)];
        if (_train.Length == 0 || _heldOut.Length == 0)
            throw new InvalidDataException(
                $"problems: {origin}: {_train.Length} to train on and {_heldOut.Length} held out; at least one of each is needed");
    }

    /// <inheritdoc/>
    public IEnumerable<Problem> Train(int pass)
    {
        var random = new PhiloxStream(_seed, new PhiloxCounter(RandomPurpose.Shuffle, (uint)pass, 2, 0, 0));
        Problem[] order = [.. _train];
        random.Shuffle(order.AsSpan());
        return order;
    }

    /// <inheritdoc/>
    public IEnumerable<Problem> HeldOut() => _heldOut;
}
