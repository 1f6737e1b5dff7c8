using RlmEngine.Corpus;
using RlmEngine.Kernels.Rollout;
using RlmEngine.Recipes;
using RlmEngine.Tasks;
using RlmEngine.Tests.Corpus;
using RlmEngine.Tests.Recipes;
using RlmEngine.Tests.Tasks;
using RlmEngine.Tokenization;
using RlmEngine.Training;

namespace RlmEngine.Tests.Training;

/// <summary>Stages and evaluations around a corpus and a policy given by the test.</summary>
[TestFixture]
public class RunPartsTests
{
    private static readonly ByteLevelBpe _tokenizer = Tokenizers.Bytes;
    private static readonly string[] _texts = [.. Enumerable.Range(0, 5).Select(n => string.Join(' ', Enumerable.Range(10, 9).Select(i => $"w{i * i + n}")))];

    [Test]
    public void ReinforceStage_Disposed_ClosesTheReadersOfItsTasks()
    {
        var corpus = new ListCorpus(_texts);
        using RunContext context = Context(corpus, _ => 0, "stages.rmt.documentTokens=10");
        TaskOptions options = context.Recipe.Stages[1].Tasks[1];
        ITask task = RunAssembly.OpenTask(context, options, "");
        var stage = new ReinforceStage(context, context.Recipe.Stages[1], new TaskMixture([task], [1], 1), 1);
        var random = new PhiloxStream(1, new PhiloxCounter(RandomPurpose.Task, 0, 0, 0, 0));
        task.Draw(2, 0, 10, ref random);
        Assert.That(corpus.Open, Is.EqualTo(1));
        stage.Dispose();
        Assert.That(corpus.Open, Is.Zero);
    }

    [TestCase("{{ '<|im_start|>system\\nBe exact.<|im_end|>\\n' }}<tool_response>", "qwen2.5", "Be exact.")]
    [TestCase("<|im_start|><tool_response>reasoning_content enable_thinking {%- if loop.index0 > ns.last_query_index %}", "qwen3", null)]
    [TestCase(null, "plain", null)]
    public void WithChatTemplates_Auto_TakesTheCheckpointsOwn(string? jinja, string chat, string? system)
    {
        using TemporaryFolder folder = new();
        if (jinja is not null)
            folder.Write("chat_template.jinja", jinja);
        Recipe read = RecipeText.Read(RecipeText.Whole, "stages.rmt.tasks.0.prompt={\"chat\":\"auto\"}");
        Recipe recipe = RunAssembly.WithChatTemplates(read with { Model = read.Model with { Checkpoint = folder.Root } });
        PromptOptions prompt = recipe.Stages[1].Tasks[0].Prompt!;
        Assert.That((prompt.Chat, prompt.System), Is.EqualTo((chat, system)));
        Assert.That(RunAssembly.WithChatTemplates(read).Stages[1].Tasks[0].Prompt!.Chat, Is.EqualTo("plain"));
        Assert.That(recipe.Stages[1].Tasks[1], Is.SameAs(read.Stages[1].Tasks[1]));
        Assert.That(RunAssembly.WithChatTemplates(recipe), Is.SameAs(recipe));
    }

    [Test]
    public void Evaluation_CancelledBefore_AsksNothing()
    {
        using RunContext context = Context(new ListCorpus(_texts, _texts), _ => throw new InvalidOperationException("asked"));
        Assert.That(
            () => new RunEvaluation(context, null).Run(isAfter: true, new CancellationToken(canceled: true)), Throws.TypeOf<OperationCanceledException>());
    }

    [Test]
    public void Evaluation_CancelledInItsFirstPart_StopsBeforeTheNext()
    {
        using var source = new CancellationTokenSource();
        using RunContext context = Context(new ListCorpus(_texts, _texts), _ =>
        {
            source.Cancel();
            return 0;
        });
        Assert.That(() => new RunEvaluation(context, null).Run(isAfter: true, source.Token), Throws.TypeOf<OperationCanceledException>());
        Assert.That(((ContextModel)context.Policy).Forwards, Is.EqualTo(1), "the loss of all documents is one batch");
    }

    [Test]
    public void TrainTokenizer_FilesBesideThoughts_LearnsTheFilesWords()
    {
        using var folder = new TemporaryFolder();
        folder.Write("zebras.txt", string.Concat(Enumerable.Repeat("zyxwv quagga zyxwv okapi. ", 4000)));
        Recipe recipe = RecipeText.Read(
            RecipeText.Whole, $"corpus.paths=[\"{folder.Root}\"]", "corpus.splitBytes=500", "tokenizer.vocabularySize=400", "tokenizer.trainBytes=80000",
            "stages.base.thoughtShare=0.3");
        ByteLevelBpe tokenizer = RunAssembly.TrainTokenizer(recipe, RunAssembly.OpenCorpus(recipe), RunAssembly.OpenWorld(recipe));
        Assert.That(tokenizer.Encode(" zyxwv"), Has.Length.EqualTo(1));
        Assert.That(tokenizer.Encode(" okapi"), Has.Length.EqualTo(1));
    }

    private static RunContext Context(ICorpus corpus, Func<IReadOnlyList<int>, int> next, params string[] overrides)
    {
        Recipe recipe = RecipeText.Read(RecipeText.Whole, overrides);
        return new RunContext(
            recipe, corpus, RunAssembly.OpenWorld(recipe), _tokenizer, ContextModel.Argmax(_tokenizer.VocabularySize, recipe.Model.ContextLength, next));
    }
}
