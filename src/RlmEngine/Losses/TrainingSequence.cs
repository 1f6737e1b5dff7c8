namespace RlmEngine.Losses;

/// <summary>One sequence of a training item: its rows, and what is learned from them.</summary>
/// <param name="Rows_L">Input token of each row: all tokens but the last that is predicted.</param>
/// <param name="Document">The window it is, or null.</param>
/// <param name="Completion">The completion that it ends with, or null.</param>
/// <param name="Temperature">Divides the logits of its targets.</param>
internal sealed record TrainingSequence(int[] Rows_L, DocumentWindow? Document, TrainingCompletion? Completion, float Temperature)
{
    /// <summary>An item's sequences in their order; none for what has no targets.</summary>
    /// <param name="item">A group or a document.</param>
    /// <param name="skipZeroAdvantage">Leaves out completions whose advantage is exactly 0.</param>
    /// <exception cref="ArgumentException">A prompt is empty, or a completion's arrays differ in length.</exception>
    public static IEnumerable<TrainingSequence> Of(TrainingItem item, bool skipZeroAdvantage)
    {
        if (item is DocumentWindow document)
        {
            return document.RowCount > 0 ? [new TrainingSequence(document.Tokens[..document.RowCount], document, null, 1f)] : [];
        }
        var group = (CompletionGroup)item;
        Validate(group);
        return group.Completions
            .Where(completion => completion.Tokens_T.Length > 0 && !(skipZeroAdvantage && completion.Advantage == 0f))
            .Select(completion => new TrainingSequence(
                [.. group.Prompt, .. completion.Tokens_T.AsSpan(..^1)], null, completion, group.Temperature));
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
}
