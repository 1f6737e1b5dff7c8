using RlmEngine.Curriculum;
using RlmEngine.Recipes;
using RlmEngine.Tasks;
using RlmEngine.Tokenization;
using RlmEngine.Training;

namespace RlmEngine.Transformer.Tests.Training;

/// <summary>curriculum.model: another model's entropies cut the tiers.</summary>
public class DifficultyModelTests
{
    private static readonly CurriculumOptions s_options = new() { Documents = 5, EntropyTopK = 4, MinEntropy = 0.25 };
    private string _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("rlm-proxy-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Score_WithAModelOfItsOwn_TakesThatModelsEntropies()
    {
        using RunContext context = Context();
        using TransformerPolicy proxy = Proxy(context.Tokenizer, context.Policy.VocabularySize);
        int[][] documents = Documents(context);
        PositionPool pool = DifficultyModel.Score(context, documents, s_options with { Model = _folder });
        PositionPool expected = PositionPool.Score(proxy, documents, s_options, proxy.ContextLength, RunAssembly.ScoredRows);
        PositionPool own = DifficultyModel.Score(context, documents, s_options);
        Assert.That(pool.DocumentCount, Is.EqualTo(5));
        for (int d = 0; d < 5; d++)
        {
            Assert.That(pool.Entropies(d).ToArray(), Is.EqualTo(expected.Entropies(d).ToArray()));
            Assert.That(pool.Entropies(d).ToArray(), Is.Not.EqualTo(own.Entropies(d).ToArray()));
        }

        Assert.That((pool.Cuts, pool.MinEntropy), Is.EqualTo((expected.Cuts, 0.25)));
    }

    [Test]
    public void Score_WithAModelOfAnotherTokenizer_IsRefused()
    {
        using RunContext context = Context();
        ITokenizer other = ByteLevelBpeTrainer.Train(["completely different words here here here"], 270, 1000);
        using TransformerPolicy proxy = Proxy(other, other.VocabularySize);
        Assert.That(() => DifficultyModel.Score(context, Documents(context), s_options with { Model = _folder }),
            Throws.InstanceOf<InvalidDataException>().With.Message.Contains(_folder).And.Message.Contains("the same tokenizer is needed"));
    }

    [Test]
    public void Score_WithAFolderThatIsNotThere_IsRefused()
    {
        using RunContext context = Context();
        Assert.That(() => DifficultyModel.Score(context, Documents(context), s_options with { Model = Path.Combine(_folder, "none") }),
            Throws.InstanceOf<InvalidDataException>().With.Message.Contains("none"));
    }

    [Test]
    public void Train_WithAProxy_DrawsFromItsTiersAndStaysTheSameOnceResumed()
    {
        using (RunContext context = Context())
        using (Proxy(context.Tokenizer, context.Policy.VocabularySize))
        {
        }

        string escaped = _folder.Replace('\\', '/');
        Recipe recipe = TinyRun.Recipe($"stages.mid.tasks.0.curriculum.model={escaped}", "stages.mid.tasks.0.curriculum.uniform=true");
        string run = Path.Combine(_folder, "run"), plain = Path.Combine(_folder, "plain");
        FinishedRun with = TinyRun.Finish(recipe, run), without = TinyRun.Finish(TinyRun.Recipe(), plain);
        Assert.That(with.Summary.WeightsSha256, Is.Not.EqualTo(without.Summary.WeightsSha256));
        byte[] Pool(string folder) => File.ReadAllBytes(Path.Combine(folder, "state", "positions-mid-0.bin"));
        Assert.That(Pool(run), Is.Not.EqualTo(Pool(plain)));
    }

    private static RunContext Context()
    {
        Recipe recipe = TinyRun.Recipe();
        ITokenizer tokenizer = RunAssembly.TrainTokenizer(recipe, RunAssembly.OpenCorpus(recipe), RunAssembly.OpenWorld(recipe));
        var factory = new TransformerPolicyFactory();
        return RunAssembly.OpenContext(recipe, tokenizer, factory.Create(recipe.Model, tokenizer.VocabularySize, recipe.Seed), factory);
    }

    private TransformerPolicy Proxy(ITokenizer tokenizer, int vocabulary)
    {
        var proxy = TransformerPolicy.Create(TestModels.Config(ModelFamily.Llama) with { VocabularySize = vocabulary, InitializerRange = 0.5 }, 9);
        proxy.SaveWeights(_folder);
        tokenizer.Save(_folder);
        return proxy;
    }

    private static int[][] Documents(RunContext context) =>
        [.. context.Corpus.Read(Corpus.CorpusSplit.Train).Take(5).Select(document => TokenizedDocuments.Encode(context.Tokenizer, document))];
}
