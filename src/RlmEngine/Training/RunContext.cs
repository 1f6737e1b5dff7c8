using RlmEngine.Corpus;
using RlmEngine.Grading.Programs;
using RlmEngine.Policies;
using RlmEngine.Recipes;
using RlmEngine.Rollouts;
using RlmEngine.Tasks;
using RlmEngine.Tokenization;

namespace RlmEngine.Training;

/// <summary>What every stage of a run works with.</summary>
/// <param name="Recipe">The resolved recipe.</param>
/// <param name="Corpus">Documents.</param>
/// <param name="World">The embedded world, source of documents with visible thoughts whatever the corpus is.</param>
/// <param name="Tokenizer">The tokenizer.</param>
/// <param name="Policy">The model being trained.</param>
public sealed record RunContext(Recipe Recipe, ICorpus Corpus, EmbeddedWorld World, ITokenizer Tokenizer, IPolicy Policy) : IDisposable
{
    private readonly Dictionary<ProblemOptions, IProblemSource> _problems = [];

    /// <summary>A generator on the policy.</summary>
    public RolloutGenerator Generator { get; } = new(
        Policy, Policy.ContextLength, new CompletionTokens(Tokenizer), Recipe.Seed);

    /// <summary>Counts the operations of the step that is being taken.</summary>
    public FlopLedger Flops { get; } = new();

    /// <summary>Runs programs that the model writes; null where the user has not allowed it.</summary>
    public ProgramGrader? Programs { get; init; }

    /// <summary>Loads other models that the recipe names; null where none can be.</summary>
    public IPolicyFactory? Factory { get; init; }

    /// <summary>The problems that a task's options name, read once for all tasks and evaluations of the run.</summary>
    /// <exception cref="InvalidDataException">A file is missing or holds no problem.</exception>
    public IProblemSource ProblemsOf(TaskOptions task)
    {
        ProblemOptions options = task.Problems ?? new ProblemOptions();
        if (!_problems.TryGetValue(options, out IProblemSource? problems))
            _problems[options] = problems = VerifiableAnswerTask.SourceOf(options, Recipe.Seed);
        return problems;
    }

    /// <summary>The optimizer's settings at a learning rate.</summary>
    public OptimizerStep OptimizerAt(double learningRate)
    {
        OptimizerOptions o = Recipe.Optimizer;
        return new OptimizerStep(learningRate, o.Beta1, o.Beta2, o.Epsilon, o.WeightDecay, o.ClipNorm);
    }

    /// <summary>Tokens that a stage's sequences are cut to: its own limit where it has one, never more than the policy's context.</summary>
    public int SequenceLengthOf(StageOptions stage) =>
        stage.SequenceLength > 0 ? Math.Min(stage.SequenceLength, Policy.ContextLength) : Policy.ContextLength;

    /// <summary>Lets the policy go.</summary>
    public void Dispose() => Policy.Dispose();
}
