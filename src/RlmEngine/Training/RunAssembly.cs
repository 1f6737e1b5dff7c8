using System.Diagnostics;
using System.Text;
using RlmEngine.Corpus;
using RlmEngine.Curriculum;
using RlmEngine.Kernels.Dense;
using RlmEngine.Metrics;
using RlmEngine.Policies;
using RlmEngine.Recipes;
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
    /// <exception cref="InvalidDataException">The tokenizer has ids the policy has not, or the corpus cannot be read.</exception>
    public static RunContext OpenContext(Recipe recipe, ITokenizer tokenizer, IPolicy policy, IPolicyFactory? factory = null)
    {
        if (tokenizer.VocabularySize > policy.VocabularySize)
            throw new InvalidDataException(
                $"the tokenizer has {tokenizer.VocabularySize} ids and the model only {policy.VocabularySize}; they do not belong together");
        if (recipe.Threads > 0)
            WorkPool.Threads = recipe.Threads;
        recipe = WithChatTemplates(recipe);
        return new RunContext(recipe, OpenCorpus(recipe), OpenWorld(recipe), PaddedVocabulary.Around(tokenizer, policy.VocabularySize), policy) { Factory = factory };
    }

    /// <summary>The recipe with the name of the checkpoint's own chat template wherever a prompt says "auto".</summary>
    /// <exception cref="InvalidDataException">The checkpoint's folder is gone, or carries a template that is not known.</exception>
    public static Recipe WithChatTemplates(Recipe recipe)
    {
        if (!recipe.Stages.Any(stage => stage.Tasks.Any(task => task.Prompt?.Chat == ChatTemplates.Auto)))
            return recipe;
        ChatTemplate own = recipe.Model.Checkpoint is { } folder ? ChatTemplateFolder.Of(folder) : ChatTemplates.Plain;
        // A template's own system message becomes the prompt's, as models of one family differ in it.
        TaskOptions Named(TaskOptions task) => task.Prompt is { Chat: ChatTemplates.Auto } prompt
            ? task with { Prompt = prompt with { Chat = own.Name, System = own.IsPlain ? null : prompt.System ?? own.OwnSystem } }
            : task;
        return recipe with { Stages = [.. recipe.Stages.Select(stage => stage with { Tasks = [.. stage.Tasks.Select(Named)] })] };
    }

    /// <summary>Scores training documents and cuts them into tiers.</summary>
    public static PositionPool ScoreTraining(RunContext context, CurriculumOptions options)
    {
        using Activity? activity = Telemetry.Phase("score-corpus");
        return DifficultyModel.Score(
            context, context.Corpus.Read(CorpusSplit.Train).Select(d => TokenizedDocuments.Encode(context.Tokenizer, d)), options);
    }

    /// <summary>The embedded world of a recipe, source of documents with visible thoughts.</summary>
    public static EmbeddedWorld OpenWorld(Recipe recipe) => new(recipe.Corpus.World, recipe.Seed, recipe.Corpus.HeldOut);

    /// <summary>Trains a tokenizer on training documents and, where a stage shows them, on documents with visible thoughts.</summary>
    /// <remarks>Thoughts come first. They are written in the embedded world's own words, so beside a corpus of files they get an eighth of the bytes.</remarks>
    public static ByteLevelBpe TrainTokenizer(Recipe recipe, ICorpus corpus, EmbeddedWorld world)
    {
        IEnumerable<string> plain = corpus.Read(CorpusSplit.Train).Select(document => document.Text);
        IEnumerable<string> thoughts = recipe.Stages.Any(stage => stage.ThoughtShare > 0) ? Thoughts(world) : [];
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
    /// <param name="factory">Loads the reference policy again.</param>
    public static IStage OpenStage(RunContext context, int index, string stateFolder, IPolicyFactory factory)
    {
        StageOptions options = context.Recipe.Stages[index];
        if (options.Method == StageMethod.Ntp)
            return new NtpStage(context, options, index);
        var tasks = new List<ITask>();
        for (int t = 0; t < options.Tasks.Count; t++)
            tasks.Add(OpenTask(context, options.Tasks[t], PoolFile(stateFolder, options.Name, t)));
        var mixture = new TaskMixture(tasks, [.. options.Tasks.Select(task => task.Weight)], context.Recipe.Seed);
        return new ReinforceStage(context, options, mixture, index, OpenReference(context, options, stateFolder, factory));
    }

    /// <summary>Where the scored positions of a stage's task are kept.</summary>
    internal static string PoolFile(string stateFolder, string stage, int task) => Path.Combine(stateFolder, $"{Pool}-{stage}-{task}.bin");

    /// <summary>Makes a task; a next-token task's scored positions are read from the file when it is there, else scored and written.</summary>
    public static ITask OpenTask(RunContext context, TaskOptions options, string poolFile)
    {
        var scorer = new CompletionScorer(context.Tokenizer, context.Policy);
        if (options.Type == TaskType.SpanRestoration)
            return new SpanRestorationTask(
                new TokenizedDocuments(context.Corpus, context.Tokenizer), context.Tokenizer, options, context.Policy.ContextLength, scorer);
        CurriculumOptions curriculum = options.Curriculum ?? new CurriculumOptions();
        PositionPool pool = ReadOrMake(poolFile, () => ScoreTraining(context, curriculum));
        return new NextTokenTask(pool, context.Tokenizer, options, context.Policy.ContextLength, scorer);
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
