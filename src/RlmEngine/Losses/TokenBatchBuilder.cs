namespace RlmEngine.Losses;

/// <summary>Packs training items into micro-batches of at most so many rows, without padding, what they begin with alike computed once.</summary>
/// <remarks>
/// The completions of a group share the prompt and their tokens up to where they part; the prompts of one document, and the document
/// itself, share its tokens. A row's numbers depend on the tokens up to it alone, so a shared row gives the log-probs and, with the
/// derivatives of all targets added up, the gradient of the sequences computed apart.
/// </remarks>
public static class TokenBatchBuilder
{
    /// <summary>Packs items; those that share a prefix stand together, and stay so unless they alone are larger than the limit.</summary>
    /// <param name="items">Groups and documents; those without targets are left out.</param>
    /// <param name="maxRows">
    /// Rows of one micro-batch at most. What is larger is split by completions and documents, and what these shared repeated; a single
    /// completion with its prompt, or a single document, that is larger still makes a micro-batch of its own.
    /// </param>
    /// <param name="skipZeroAdvantage">
    /// Leaves out completions whose advantage is exactly 0. Correct only when the objective has neither KL nor entropy terms, so that
    /// their gradient is exactly 0, and with totals counted from the items; their tokens are then missing from the metrics.
    /// </param>
    /// <exception cref="ArgumentException">A prompt is empty, or a completion's arrays differ in length.</exception>
    public static IEnumerable<MicroBatch> MicroBatches(IEnumerable<TrainingItem> items, int maxRows, bool skipZeroAdvantage = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRows, 1);
        TrainingItem[][] families = [.. PrefixOrder.Families([.. items])];
        return Pack(families.Select(family => family.SelectMany(item => TrainingSequence.Of(item, skipZeroAdvantage))), maxRows);
    }

    /// <summary>Packs items as <see cref="MicroBatches"/> does, but each sequence whole and by itself, with nothing shared: what tests compare with.</summary>
    /// <param name="items">As there.</param>
    /// <param name="maxRows">As there.</param>
    public static IEnumerable<MicroBatch> Unshared(IEnumerable<TrainingItem> items, int maxRows) =>
        Pack(items.SelectMany(item => TrainingSequence.Of(item, skipZeroAdvantage: false)).Select(sequence => (TrainingSequence[])[sequence]), maxRows);

    private static IEnumerable<MicroBatch> Pack(IEnumerable<IEnumerable<TrainingSequence>> trees, int maxRows)
    {
        var batch = new MicroBatchAssembler();
        foreach (TrainingSequence[] tree in trees.Select(tree => tree.ToArray()))
        {
            if (batch.RowCount > 0 && batch.RowCount + RowsOf(tree) > maxRows)
            {
                yield return batch.Build();
                batch = new MicroBatchAssembler();
            }
            batch.BeginTree();
            foreach (TrainingSequence sequence in tree)
            {
                if (batch.RowCount > 0 && batch.NewRows(sequence) is > 0 and int rows && batch.RowCount + rows > maxRows)
                {
                    yield return batch.Build();
                    batch = new MicroBatchAssembler();
                    batch.BeginTree();
                }
                batch.Add(sequence);
            }
        }
        if (batch.RowCount > 0)
            yield return batch.Build();
    }

    private static int RowsOf(TrainingSequence[] tree)
    {
        var forest = new TokenForest();
        forest.BeginTree();
        foreach (TrainingSequence sequence in tree)
            forest.Add(sequence.Rows_L);
        return forest.RowCount;
    }
}
