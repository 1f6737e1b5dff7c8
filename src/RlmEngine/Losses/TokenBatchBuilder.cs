namespace RlmEngine.Losses;

/// <summary>Packs training items into micro-batches of at most so many rows, in order, without padding.</summary>
public static class TokenBatchBuilder
{
    /// <summary>Packs items in their order; a group stays whole unless it alone is larger than the limit.</summary>
    /// <param name="items">Groups and documents; those without targets are left out.</param>
    /// <param name="maxRows">
    /// Rows of one micro-batch at most. A larger group is split by completions and its prompt repeated; a single completion with its
    /// prompt, or a single document, that is larger still makes a micro-batch of its own.
    /// </param>
    /// <param name="skipZeroAdvantage">
    /// Leaves out completions whose advantage is exactly 0. Correct only when the objective has neither KL nor entropy terms, so that
    /// their gradient is exactly 0, and with totals counted from the items; their tokens are then missing from the metrics.
    /// </param>
    /// <exception cref="ArgumentException">A prompt is empty, or a completion's arrays differ in length.</exception>
    public static IEnumerable<MicroBatch> MicroBatches(IEnumerable<TrainingItem> items, int maxRows, bool skipZeroAdvantage = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRows, 1);
        return Pack(items, maxRows, skipZeroAdvantage);
    }

    private static IEnumerable<MicroBatch> Pack(IEnumerable<TrainingItem> items, int maxRows, bool skipZeroAdvantage)
    {
        var batch = new MicroBatchAssembler();
        foreach (Piece piece in items.SelectMany(item => Pieces(item, maxRows, skipZeroAdvantage)))
        {
            if (batch.RowCount > 0 && batch.RowCount + piece.Rows > maxRows)
            {
                yield return batch.Build();
                batch = new MicroBatchAssembler();
            }
            piece.AddTo(batch);
        }
        if (batch.RowCount > 0)
            yield return batch.Build();
    }

    private static IEnumerable<Piece> Pieces(TrainingItem item, int maxRows, bool skipZeroAdvantage)
    {
        if (item is DocumentWindow document)
            return document.RowCount > 0 ? [new Piece(document.RowCount, batch => batch.Add(document))] : [];
        var group = (CompletionGroup)item;
        Validate(group);
        TrainingCompletion[] kept =
            [.. group.Completions.Where(c => c.Tokens_T.Length > 0 && !(skipZeroAdvantage && c.Advantage == 0f))];
        return Runs(kept, maxRows - (group.Prompt.Length - 1)).Select(run => new Piece(
            group.Prompt.Length - 1 + run.Sum(c => c.Tokens_T.Length), batch => batch.Add(group.Prompt, run, group.Temperature)));
    }

    // Runs of completions that fit beside their prompt: one run when the whole group fits.
    private static IEnumerable<TrainingCompletion[]> Runs(TrainingCompletion[] completions, int rows)
    {
        int start = 0;
        for (int i = 0, used = 0; i < completions.Length; i++)
        {
            int length = completions[i].Tokens_T.Length;
            if (i > start && used + length > rows)
            {
                yield return completions[start..i];
                (start, used) = (i, 0);
            }
            used += length;
        }
        if (start < completions.Length)
            yield return completions[start..];
    }

    private static void Validate(CompletionGroup group)
    {
        if (group.Prompt.Length == 0)
            throw new ArgumentException("a prompt needs at least one token");
        if (!(group.Temperature > 0))
            throw new ArgumentException("the temperature of a group must be above 0");
        foreach (TrainingCompletion completion in group.Completions)
        {
            int length = completion.Tokens_T.Length;
            if (completion.OldLogProbs_T.Length != length || (completion.Weights_T?.Length ?? length) != length)
                throw new ArgumentException("a completion needs one old log-prob and one weight for each token");
        }
    }

    private readonly record struct Piece(int Rows, Action<MicroBatchAssembler> AddTo);
}
