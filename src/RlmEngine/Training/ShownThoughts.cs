using RlmEngine.Corpus;
using RlmEngine.Losses;
using RlmEngine.Recipes;
using RlmEngine.Tasks;
using RlmEngine.Tokenization;

namespace RlmEngine.Training;

/// <summary>Documents of the embedded world with visible thoughts, in the forms of the tasks that a base model is to know.</summary>
internal sealed class ShownThoughts
{
    private const uint ThoughtsPerStep = 4096;
    private const int StageBits = 26;

    // Multiples of the golden ratio's fraction fall evenly into shares, however few are drawn.
    private const double GoldenFraction = 0.6180339887498949;
    private readonly RunContext _context;
    private readonly int _stage;
    private readonly int _sequenceLength;
    private readonly IReadOnlyList<TaskOptions> _tasks;
    private readonly bool _restores;
    private readonly bool _predicts;
    private readonly (string NextToken, string Restoration) _instructions;

    public ShownThoughts(RunContext context, StageOptions options, int stage)
    {
        (_context, _stage, _sequenceLength) = (context, stage, context.SequenceLengthOf(options));
        TaskOptions[] others = [.. context.Recipe.Stages.SelectMany(other => other.Tasks)];
        _tasks = options.Tasks.Count > 0 || others.All(task => task.Type != TaskType.VerifiableAnswer) ? options.Tasks : others;
        _restores = others.Any(task => task.Type == TaskType.SpanRestoration);
        _predicts = !_restores || others.Any(task => task.Type == TaskType.NextToken);
        string Of(TaskType type, string own) => others.FirstOrDefault(task => task.Type == type) is { } task ? PromptTemplate.TextAfter(task) : own;
        _instructions = (Of(TaskType.NextToken, PromptTemplate.NextToken), Of(TaskType.SpanRestoration, PromptTemplate.Restoration));
    }

    /// <summary>Which thought stands at a place of a step of a stage: others elsewhere, the same after a restart.</summary>
    public static uint IndexOf(int stage, int step, uint place) => unchecked(((uint)stage << StageBits) + ((uint)step * ThoughtsPerStep) + place);

    /// <summary>So many tokens of a step.</summary>
    public IEnumerable<DocumentWindow> Next(int step, int tokens)
    {
        for (uint i = 0; tokens > 0; i++)
        {
            uint index = IndexOf(_stage, step, i);
            int[] ids = DocumentPacker.Sequence(_context.Tokenizer, _tasks.Count > 0 ? ByTask(index) : Usual(index, i));
            if (ids.Length > _sequenceLength + 1)
                ids = ids[..(_sequenceLength + 1)];
            tokens -= ids.Length - 1;
            yield return new DocumentWindow(ids);
        }
    }

    private Document Usual(uint index, uint i) => _restores && (!_predicts || i % 2 == 1)
        ? _context.World.WithRestoration(index, _instructions.Restoration)
        : _context.World.WithThoughts(index, _instructions.NextToken);

    private Document ByTask(uint index)
    {
        double at = (index + 1) * GoldenFraction % 1 * _tasks.Sum(task => task.Weight);
        int chosen = 0;
        while (chosen + 1 < _tasks.Count && at >= _tasks[chosen].Weight)
            at -= _tasks[chosen++].Weight;
        TaskOptions task = _tasks[chosen];
        string instruction = PromptTemplate.TextAfter(task);
        return task.Type switch
        {
            TaskType.SpanRestoration => _context.World.WithRestoration(index, instruction),
            TaskType.VerifiableAnswer => _context.World.WithProblem(index, instruction, WorldProblemsOf(task)),
            _ => _context.World.WithThoughts(index, instruction),
        };
    }

    private WorldProblems WorldProblemsOf(TaskOptions task)
    {
        ProblemOptions problems = task.Problems ?? new ProblemOptions();
        return new WorldProblems(problems.MinSteps, problems.MaxSteps, problems.HeldOut, _context.Recipe.Seed);
    }
}
