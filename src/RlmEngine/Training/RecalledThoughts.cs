using RlmEngine.Corpus;
using RlmEngine.Kernels.Rollout;
using RlmEngine.Losses;
using RlmEngine.Recipes;
using RlmEngine.Tasks;

namespace RlmEngine.Training;

/// <summary>
/// Visible thoughts made of a document alone: before some tokens, the task's instruction and a thought that says the last tokens once more and
/// then the one that follows. They teach a base model the form where no document shows a thought; what helps, reinforcement is to find.
/// </summary>
internal sealed class RecalledThoughts
{
    private const uint Part = uint.MaxValue - 5;
    private const int MostRecalled = 6;
    private const int LeastApart = 16;
    private const int MostApart = 48;
    private readonly ulong _seed;
    private readonly int _stage;
    private readonly double _share;
    private readonly int _sequenceLength;
    private readonly int _end;
    private readonly (PromptTemplate Template, bool HasBudget)[] _prompts;

    public RecalledThoughts(RunContext context, StageOptions options, int stage)
    {
        (_seed, _stage, _share) = (context.Recipe.Seed, stage, options.RecallShare);
        (_sequenceLength, _end) = (context.SequenceLengthOf(options), context.Tokenizer.Special.End);
        IEnumerable<TaskOptions> tasks = options.Tasks.Concat(context.Recipe.Stages.SelectMany(other => other.Tasks));
        _prompts = [.. tasks.Where(task => task is { Type: TaskType.NextToken, MaxThinkTokens: > 0 })
            .Select(task => (new PromptTemplate(context.Tokenizer, task), task.Budget is not null))];
        if (_share > 0 && _prompts.Length == 0)
            throw new InvalidDataException($"stages.{stage}.recallShare: {_share} needs a nextToken task that thinks, of this stage or another");
    }

    /// <summary>A window of a step with thoughts in it, or as it is; what then exceeds the stage's sequences is cut.</summary>
    /// <param name="window">The window.</param>
    /// <param name="step">The stage's step.</param>
    /// <param name="index">Its place in the step.</param>
    public DocumentWindow With(DocumentWindow window, int step, int index)
    {
        var counter = new PhiloxCounter(RandomPurpose.World, Part, ShownThoughts.IndexOf(_stage, step, (uint)index), 0, 0);
        var random = new PhiloxStream(_seed, counter);
        if (random.NextInt(1 << 20) >= _share * (1 << 20))
            return window;
        ReadOnlySpan<int> tokens = window.Tokens;
        var shown = new List<int>(tokens.Length * 2);
        int next = MostRecalled + random.NextInt(MostApart);
        for (int i = 0; i < tokens.Length && shown.Count <= _sequenceLength; i++)
        {
            if (i >= next && tokens[i] != _end)
            {
                AddThought(shown, tokens, i, ref random);
                next = i + LeastApart + random.NextInt(MostApart - LeastApart);
            }
            shown.Add(tokens[i]);
        }
        return new DocumentWindow([.. shown.Take(_sequenceLength + 1)]);
    }

    private void AddThought(List<int> shown, ReadOnlySpan<int> tokens, int i, ref PhiloxStream random)
    {
        (PromptTemplate template, bool hasBudget) = _prompts[random.NextInt(_prompts.Length)];
        int budget = 1 + random.NextInt(EmbeddedWorld.LargestBudget);
        // As many as the instruction allows, so that it says where to begin: a beginning that nothing tells is not learned.
        int recalled = hasBudget ? Math.Min(MostRecalled, budget - 1) : MostRecalled;
        shown.AddRange(template.After(budget));
        shown.AddRange(tokens[(i - recalled)..(i + 1)]);
        shown.AddRange(template.EmptyThought);
    }
}
