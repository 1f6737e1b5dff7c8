using System.Diagnostics;
using System.Text;
using RlmEngine.Checkpoints;
using RlmEngine.Corpus;
using RlmEngine.Curriculum;
using RlmEngine.Grading.Programs;
using RlmEngine.Kernels.Dense;
using RlmEngine.Metrics;
using RlmEngine.Policies;
using RlmEngine.Recipes;
using RlmEngine.Rewards;
using RlmEngine.Tasks;
using RlmEngine.Tokenization;
using RlmEngine.Tokenization.Chat;

namespace RlmEngine.Training;

/// <summary>Puts the parts of a run together from its recipe: corpus, tokenizer, policy, stages.</summary>
public static class RunAssembly
{
    private const uint TokenizerThoughts = uint.MaxValue / 2;
    private const string Pool = "positions";

    /// <summary>Rows of one batch of scored documents at most, unless a single window is longer.</summary>
    public const int ScoredRows = 16_384;

    /// <summary>The corpus a recipe names: its files, or the embedded world.</summary>
    /// <exception cref="InvalidDataException">A path is missing or holds nothing that can be read.</exception>
    public static ICorpus OpenCorpus(Recipe recipe) => recipe.Corpus.Paths.Count == 0
        ? new EmbeddedWorld(recipe.Corpus.World, recipe.Seed, recipe.Corpus.HeldOut)
        : new FileCorpus(recipe.Corpus, recipe.Seed);

    /// <summary>Puts a run's parts around a policy and its tokenizer, and sets the worker threads the recipe asks for.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="tokenizer">The policy's tokenizer.</param>
    /// <param name="policy">The policy; the context owns it.</param>
    /// <param name="factory">Loads other models that the recipe names.</param>
    /// <param name="programs">Where programs run that the model writes; null where the user has not allowed it.</param>
    /// <exception cref="InvalidDataException">The tokenizer has ids the policy has not, or the corpus cannot be read.</exception>
    public static RunContext OpenContext(
        Recipe recipe, ITokenizer tokenizer, IPolicy policy, IPolicyFactory? factory = null, ProgramRunner? programs = null)
    {
        if (tokenizer.VocabularySize > policy.VocabularySize)
            throw new InvalidDataException(
                $"the tokenizer has {tokenizer.VocabularySize} ids and the model only {policy.VocabularySize}; they do not belong together");
        if (recipe.Threads > 0)
            WorkPool.Threads = recipe.Threads;
        recipe = WithChatTemplates(recipe);
        var context = new RunContext(recipe, OpenCorpus(recipe), OpenWorld(recipe), PaddedVocabulary.Around(tokenizer, policy.VocabularySize), policy)
        {
            Factory = factory,
            Programs = programs is null ? null : new ProgramGrader(programs),
        };
        return context with { Recipe = FlopMatch.Resolve(context) };
    }

    /// <summary>True where a task's reward runs programs that the model writes.</summary>
    public static bool RunsPrograms(Recipe recipe) =>
        recipe.Tasks().Any(task => task.Reward.Match == MatchReward.Program);

    /// <summary>The recipe with the newest whole checkpoint in place of every run folder that is named as a model.</summary>
    /// <exception cref="InvalidDataException">A run has no whole checkpoint.</exception>
    public static Recipe WithModelFolders(Recipe recipe)
    {
        TaskOptions Resolved(TaskOptions task) => task.Curriculum is { Model: { } model } curriculum
            ? task with { Curriculum = curriculum with { Model = CheckpointStore.NewestIn(model) } }
            : task;
        return recipe.WithTasks(Resolved) with
        {
            Model = recipe.Model with { Checkpoint = recipe.Model.Checkpoint is { } folder ? CheckpointStore.NewestIn(folder) : null },
        };
    }

    /// <summary>The recipe with the name of the checkpoint's own chat template wherever a prompt says "auto".</summary>
    /// <exception cref="InvalidDataException">The checkpoint's folder is gone, or carries a template that is not known.</exception>
    public static Recipe WithChatTemplates(Recipe recipe)
    {
        if (!recipe.Tasks().Any(task => task.Prompt?.Chat == ChatTemplates.Auto))
            return recipe;
        ChatTemplate own = recipe.Model.Checkpoint is { } folder ? ChatTemplateFolder.Of(folder) : ChatTemplates.Plain;
        // A template's own system message becomes the prompt's, as models of one family differ in it.
        TaskOptions Named(TaskOptions task) => task.Prompt is { Chat: ChatTemplates.Auto } prompt
            ? task with { Prompt = prompt with { Chat = own.Name, System = own.IsPlain ? null : prompt.System ?? own.OwnSystem } }
            : task;
        return recipe.WithTasks(Named);
    }

    /// <summary>Scores training documents and cuts them into tiers.</summary>
    /// <param name="context">The run.</param>
    /// <param name="options">The curriculum.</param>
    /// <param name="pass">Pass over the corpus that is scored.</param>
    public static PositionPool ScoreTraining(RunContext context, CurriculumOptions options, int pass = 0)
    {
        using Activity? activity = Telemetry.Phase("score-corpus");
        return DifficultyModel.Score(
            context, context.Corpus.Read(CorpusSplit.Train, pass).Select(d => TokenizedDocuments.Encode(context.Tokenizer, d)), options);
    }

    /// <summary>The embedded world of a recipe, source of documents with visible thoughts.</summary>
    public static EmbeddedWorld OpenWorld(Recipe recipe) => new(recipe.Corpus.World, recipe.Seed, recipe.Corpus.HeldOut);

    /// <summary>Trains a tokenizer on training documents and, where a stage shows them, on documents with visible thoughts.</summary>
    /// <remarks>Thoughts come first. They are written in the embedded world's own words, so beside a corpus of files they get an eighth of the bytes.</remarks>
    public static ByteLevelBpe TrainTokenizer(Recipe recipe, ICorpus corpus, EmbeddedWorld world)
    {
        IEnumerable<string> plain = corpus.Read(CorpusSplit.Train).Select(document => document.Text);
        IEnumerable<string> thoughts = recipe.Stages.Any(stage => stage.ThoughtShare > 0) ? Thoughts(world) : [];
        foreach (TaskOptions task in recipe.Stages.SelectMany(stage => stage.Tasks).Where(task => task is { Type: TaskType.VerifiableAnswer, Problems: not { Paths.Count: > 0 } }))
            thoughts = thoughts.Concat(Problems(world, (WorldProblems)VerifiableAnswerTask.SourceOf(task.Problems, recipe.Seed)));
        if (recipe.Corpus.Paths.Count > 0)
            thoughts = UpTo(thoughts, recipe.Tokenizer.TrainBytes / 8);
        return ByteLevelBpeTrainer.Train(thoughts.Concat(plain), recipe.Tokenizer.VocabularySize, recipe.Tokenizer.TrainBytes);
    }

    private static IEnumerable<string> Thoughts(EmbeddedWorld world)
    {
        for (uint i = TokenizerThoughts; i < TokenizerThoughts + 400; i++)
        {
            yield return world.WithThoughts(i, PromptTemplate.NextToken).Text;
            yield return world.WithRestoration(i, PromptTemplate.Restoration).Text;
        }
    }

    private static IEnumerable<string> Problems(EmbeddedWorld world, WorldProblems problems)
    {
        for (uint i = TokenizerThoughts; i < TokenizerThoughts + 200; i++)
            yield return world.WithProblem(i, PromptTemplate.Answer, problems).Text;
    }

    private static IEnumerable<string> UpTo(IEnumerable<string> texts, long bytes)
    {
        foreach (string text in texts)
        {
            bytes -= Encoding.UTF8.GetByteCount(text);
            if (bytes < 0)
                yield break;
            yield return text;
        }
    }

    /// <summary>Makes a stage.</summary>
    /// <param name="context">The run.</param>
    /// <param name="index">Which stage of the recipe.</param>
    /// <param name="stateFolder">Where what was decided at the stage's beginning is kept, so that a resumed run does not decide again.</param>
    /// <param name="factory">Loads the reference policy and the slow copy again.</param>
    /// <param name="resumedFrom">The checkpoint's folder where the stage is gone on with; null at its beginning.</param>
    public static IStage OpenStage(RunContext context, int index, string stateFolder, IPolicyFactory factory, string? resumedFrom = null)
    {
        StageOptions options = context.Recipe.Stages[index];
        if (options.Method != StageMethod.Reinforce)
            return new NtpStage(context, options, index);
        IPolicy? average = OpenAverage(context, options, resumedFrom, factory);
        TaskMixture mixture = OpenMixture(context, options, task => PoolFile(stateFolder, options.Name, task), average);
        return new ReinforceStage(context, options, mixture, index, OpenReference(context, options, stateFolder, factory), average);
    }

    /// <summary>Makes a stage's tasks.</summary>
    /// <param name="context">The run.</param>
    /// <param name="options">The stage.</param>
    /// <param name="poolFile">Where the scored positions of a task are kept; null for nowhere.</param>
    /// <param name="average">The slow copy of the policy that information gain is measured against.</param>
    public static TaskMixture OpenMixture(RunContext context, StageOptions options, Func<int, string?> poolFile, IPolicy? average = null) => new(
        [.. options.Tasks.Select((task, t) => OpenTask(context, task, poolFile(t), options.FirstPass, average))],
        [.. options.Tasks.Select(task => task.Weight)], context.Recipe.Seed);

    /// <summary>Where the scored positions of a stage's task are kept.</summary>
    internal static string PoolFile(string stateFolder, string stage, int task) => Path.Combine(stateFolder, $"{Pool}-{stage}-{task}.bin");

    /// <summary>Makes a task; a next-token task's scored positions are read from the file when it is there, else scored and written.</summary>
    /// <param name="context">The run.</param>
    /// <param name="options">The task.</param>
    /// <param name="poolFile">Where scored positions are kept; null for nowhere.</param>
    /// <param name="firstPass">First pass over the corpus, or the problems, that is read.</param>
    /// <param name="average">The slow copy of the policy that information gain is measured against.</param>
    public static ITask OpenTask(RunContext context, TaskOptions options, string? poolFile, int firstPass = 0, IPolicy? average = null)
    {
        var scorer = new CompletionScorer(
            context.Tokenizer, context.Flops.Counted(context.Policy), average is null ? null : context.Flops.Counted(average), context.Programs);
        if (options.Reward.Match == MatchReward.Program && context.Programs is null)
            throw new UserInputException($"reward.match \"program\" runs programs that the model writes: allow it with {CodeExecutionPermission.Option}");
        if (options.Type == TaskType.NextToken)
        {
            CurriculumOptions curriculum = options.Curriculum ?? new CurriculumOptions();
            PositionPool Score() => ScoreTraining(context, curriculum, firstPass);
            PositionPool pool = poolFile is null ? Score() : ReadOrMake(poolFile, Score);
            return new NextTokenTask(pool, context.Tokenizer, options, context.Policy.ContextLength, scorer);
        }
        ITask task = options.Type == TaskType.SpanRestoration
            ? new SpanRestorationTask(
                new TokenizedDocuments(context.Corpus, context.Tokenizer), context.Tokenizer, options, context.Policy.ContextLength, scorer)
            : new VerifiableAnswerTask(context.ProblemsOf(options), context.Tokenizer, options, context.Policy.ContextLength, scorer);
        task.Restore(new TaskCursor(firstPass, 0));
        return task;
    }

    /// <summary>Reads scored positions from a file, or makes them and writes it.</summary>
    public static PositionPool ReadOrMake(string file, Func<PositionPool> make)
    {
        if (File.Exists(file))
            return PositionPoolFile.Read(file);
        PositionPool pool = make();
        PositionPoolFile.Write(file, pool);
        return pool;
    }

    private static IPolicy? OpenAverage(RunContext context, StageOptions options, string? resumedFrom, IPolicyFactory factory)
    {
        if (options.Tasks.All(task => task.Reward.Match != MatchReward.InformationGain))
            return null;
        return resumedFrom is null
            ? context.Policy.Snapshot()
            : factory.Load(Path.Combine(resumedFrom, ReinforceStage.AverageFolder), context.Recipe.Model);
    }

    private static IPolicy? OpenReference(RunContext context, StageOptions options, string stateFolder, IPolicyFactory factory)
    {
        if (options.Objective.KlWeight == 0)
            return null;
        string folder = Path.Combine(stateFolder, "reference-" + options.Name);
        if (Directory.Exists(folder))
            return factory.Load(folder, context.Recipe.Model);
        string unfinished = folder + ".tmp";
        Directory.CreateDirectory(unfinished);
        context.Policy.SaveWeights(unfinished);
        Directory.Move(unfinished, folder);
        return context.Policy.Snapshot();
    }
}
