using RlmEngine.Losses;
using RlmEngine.Recipes;
using RlmEngine.Rollouts;
using RlmEngine.Tokenization;

namespace RlmEngine.Training;

/// <summary>Prompt and answer pairs of supervised fine-tuning: a task's prompt, its thought closed at once, and the true answer as the only target.</summary>
internal sealed class AnswerPairs
{
    private readonly TaskMixture _tasks;
    private readonly StageOptions _options;
    private readonly int _stage;
    private readonly int[] _emptyThought;
    private readonly int _end;
    private readonly int _length;

    public AnswerPairs(RunContext context, StageOptions options, TaskMixture tasks, int stage)
    {
        (_tasks, _options, _stage) = (tasks, options, stage);
        _emptyThought = context.Tokenizer.Encode(SpecialTokenText.ThinkClose, parseSpecial: true);
        (_end, _length) = (context.Tokenizer.Special.End, context.SequenceLengthOf(options));
    }

    public TaskMixture Tasks => _tasks;

    /// <summary>A step's pairs; one too long for the sequence length keeps its end.</summary>
    public IEnumerable<DocumentWindow> Next(int step) =>
        _tasks.Draw(_options.Prompts, step, int.MaxValue, _stage, attempt: 0).Select(Pair);

    private DocumentWindow Pair(Prompt prompt)
    {
        int[] answer = prompt.Stop.MaxAnswerTokens > 1 ? [.. prompt.Reference, _end] : prompt.Reference[..1];
        int[] before = prompt.Stop.MaxThinkTokens > 0 ? [.. prompt.Tokens, .. _emptyThought] : prompt.Tokens;
        int[] tokens = [.. before, .. answer];
        int cut = Math.Max(0, tokens.Length - _length - 1);
        return new DocumentWindow(tokens[cut..], new HashSet<int>(Enumerable.Range(0, Math.Max(0, before.Length - cut))));
    }
}
