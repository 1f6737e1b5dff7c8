using RlmEngine.Metrics;
using RlmEngine.Recipes;

namespace RlmEngine.Tests.Recipes;

[TestFixture]
public class RecipeValidatorTests
{
    private const string Rmt = "stages.1.";
    private const string Next = "stages.1.tasks.0.";
    private const string Span = "stages.1.tasks.1.";

    [TestCase("name=../x", "name", "is no name")]
    [TestCase("name=", "name", "is no name")]
    [TestCase("name=.hidden", "name", "is no name")]
    [TestCase("threads=-1", "threads", "at least 0")]
    [TestCase("corpus.paths=[\"\"]", "corpus.paths", "an empty path")]
    [TestCase("corpus.fields=[]", "corpus.fields", "a list of field names")]
    [TestCase("corpus.heldOut=0", "corpus.heldOut", "0 is outside (0, 0.9]")]
    [TestCase("corpus.heldOut=0.91", "corpus.heldOut", "0.91 is outside (0, 0.9]")]
    [TestCase("corpus.maxDocumentBytes=0", "corpus.maxDocumentBytes", "at least 1")]
    [TestCase("corpus.splitBytes=-1", "corpus.splitBytes", "at least 0")]
    [TestCase("corpus.shuffleBuffer=0", "corpus.shuffleBuffer", "at least 1")]
    [TestCase("corpus.world.documents=0", "corpus.world.documents", "at least 1")]
    [TestCase("corpus.world.minSteps=0", "corpus.world.minSteps", "at least 1")]
    [TestCase("corpus.world.maxSteps=1", "corpus.world.maxSteps", "below minSteps, 2")]
    [TestCase("corpus.world.maxSteps=9", "corpus.world.maxSteps", "9 steps are too many; at most 8 is needed")]
    [TestCase("tokenizer.vocabularySize=260", "tokenizer.vocabularySize", "at least 261")]
    [TestCase("tokenizer.trainBytes=0", "tokenizer.trainBytes", "at least 1")]
    [TestCase("model.checkpoint=\"\"", "model.checkpoint", "an empty path")]
    [TestCase("model.hiddenSize=0", "model.hiddenSize", "at least 1")]
    [TestCase("model.hiddenSize=2147483647", "model.hiddenSize", "too large")]
    [TestCase("model.layers=0", "model.layers", "at least 1")]
    [TestCase("model.heads=0", "model.heads", "at least 1")]
    [TestCase("model.keyValueHeads=0", "model.keyValueHeads", "at least 1")]
    [TestCase("model.keyValueHeads=3", "model.keyValueHeads", "3 does not divide heads, 4")]
    [TestCase("model.headSize=33", "model.headSize", "an even number")]
    [TestCase("model.headSize=0", "model.headSize", "an even number")]
    [TestCase("model.intermediateSize=0", "model.intermediateSize", "at least 1")]
    [TestCase("model.ropeTheta=0", "model.ropeTheta", "above 0")]
    [TestCase("model.rmsNormEpsilon=0", "model.rmsNormEpsilon", "above 0")]
    [TestCase("model.initializerRange=-1", "model.initializerRange", "above 0")]
    [TestCase("optimizer.beta1=1", "optimizer.beta1", "outside [0, 1)")]
    [TestCase("optimizer.beta2=-0.1", "optimizer.beta2", "outside [0, 1)")]
    [TestCase("optimizer.epsilon=0", "optimizer.epsilon", "above 0")]
    [TestCase("optimizer.weightDecay=-1", "optimizer.weightDecay", "at least 0")]
    [TestCase("optimizer.clipNorm=-1", "optimizer.clipNorm", "at least 0")]
    [TestCase("stages=[]", "stages", "at least one stage")]
    [TestCase("stages.1.name=base", Rmt + "name", "names two stages")]
    [TestCase("stages.1.name=a.b", Rmt + "name", "is no name")]
    [TestCase("stages.1.steps=2147483647", "stages", "the steps of all stages together exceed")]
    [TestCase("stages.1.steps=0", Rmt + "steps", "at least 1")]
    [TestCase("stages.1.learningRate.peak=0", Rmt + "learningRate.peak", "above 0")]
    [TestCase("stages.1.learningRate.finalShare=1.5", Rmt + "learningRate.finalShare", "outside [0, 1]")]
    [TestCase("stages.1.learningRate.warmupSteps=-1", Rmt + "learningRate.warmupSteps", "at least 0")]
    [TestCase("stages.1.learningRate.warmupSteps=21", Rmt + "learningRate.warmupSteps", "21 exceeds the stage's steps, 20")]
    [TestCase("stages.0.sequenceLength=1", "stages.0.sequenceLength", "at least 2")]
    [TestCase("stages.0.sequenceLength=129", "stages.0.sequenceLength", "exceeds model.contextLength, 128")]
    [TestCase("stages.0.documentTokens=0", "stages.0.documentTokens", "at least 1")]
    [TestCase("stages.1.documentTokens=-1", Rmt + "documentTokens", "at least 0")]
    [TestCase("stages.0.microBatchTokens=0", "stages.0.microBatchTokens", "at least 1")]
    [TestCase("stages.0.thoughtShare=1.1", "stages.0.thoughtShare", "outside [0, 1]")]
    [TestCase("stages.0.recallShare=-0.1", "stages.0.recallShare", "outside [0, 1]")]
    [TestCase("stages.1.recallShare=0.1", Rmt + "recallShare", "sees no visible thoughts")]
    [TestCase("stages.1.thoughtShare=0.1", Rmt + "thoughtShare", "sees no visible thoughts")]
    [TestCase("stages.0.tasks=[{\"type\":\"nextToken\"}]", "stages.0.tasks", "an ntp stage only shows its tasks' thoughts")]
    [TestCase("stages.1.tasks=[]", Rmt + "tasks", "at least one task")]
    [TestCase("stages.1.tasks=[{\"type\":\"nextToken\",\"weight\":0}]", Rmt + "tasks", "a weight above 0")]
    [TestCase("stages.1.prompts=0", Rmt + "prompts", "at least 1")]
    [TestCase("stages.1.prompts=2000000000", Rmt + "prompts", "prompts x groupSize exceeds")]
    [TestCase("stages.1.groupSize=0", Rmt + "groupSize", "at least 1")]
    [TestCase("stages.1.groupSize=1", Rmt + "groupSize", "advantage.scale \"std\"; at least 2 is needed")]
    [TestCase("stages.1.sampling.temperature=0", Rmt + "sampling.temperature", "above 0")]
    [TestCase("stages.1.sampling.topK=-1", Rmt + "sampling.topK", "at least 0")]
    [TestCase("stages.1.sampling.topP=0", Rmt + "sampling.topP", "0 is outside (0, 1]")]
    [TestCase("stages.1.sampling.topP=1.1", Rmt + "sampling.topP", "1.1 is outside (0, 1]")]
    [TestCase("stages.1.sampling.minP=-0.1", Rmt + "sampling.minP", "outside [0, 1]")]
    [TestCase("stages.1.sampling.maxRows=0", Rmt + "sampling.maxRows", "at least 1")]
    [TestCase("stages.1.sampling.importanceCap=0", Rmt + "sampling.importanceCap", "above 0")]
    [TestCase("stages.1.advantage.epsilon=-1", Rmt + "advantage.epsilon", "at least 0")]
    [TestCase("stages.1.objective.ntpWeight=-0.1", Rmt + "objective.ntpWeight", "at least 0")]
    [TestCase("stages.1.objective.clipLow=0", Rmt + "objective.clipLow", "outside (0, 1]")]
    [TestCase("stages.1.objective.clipHigh=0", Rmt + "objective.clipHigh", "above 0")]
    [TestCase("stages.1.objective.dualClip=1", Rmt + "objective.dualClip", "0 (off) or a number above 1")]
    [TestCase("stages.1.objective.fixedLength=-1", Rmt + "objective.fixedLength", "at least 0")]
    [TestCase("stages.1.objective.klWeight=-1", Rmt + "objective.klWeight", "at least 0")]
    [TestCase("stages.1.objective.entropyWeight=-1", Rmt + "objective.entropyWeight", "at least 0")]
    [TestCase("stages.1.objective.epochs=0", Rmt + "objective.epochs", "at least 1")]
    [TestCase("stages.1.dynamicSampling.fromStep=-2", Rmt + "dynamicSampling.fromStep", "at least -1")]
    [TestCase("stages.1.dynamicSampling.maxDraws=0", Rmt + "dynamicSampling.maxDraws", "at least 1")]
    [TestCase("stages.1.tasks.0.weight=-1", Next + "weight", "at least 0")]
    [TestCase("stages.1.tasks.0.maxThinkTokens=-1", Next + "maxThinkTokens", "at least 0")]
    [TestCase("stages.1.tasks.0.maxThinkTokens=0", Next + "maxThinkTokens", "no thought for the budget")]
    [TestCase("stages.1.tasks.0.maxThinkTokens=122", Next + "maxThinkTokens", "exceed model.contextLength, 128")]
    [TestCase("stages.1.tasks.0.maxThinkTokens=2147483647", Next + "maxThinkTokens", "exceed model.contextLength, 128")]
    [TestCase("stages.1.tasks.0.maxAnswerTokens=2", Next + "maxAnswerTokens", "reward.match \"token\"; 1 is needed")]
    [TestCase("stages.1.tasks.0.maxAnswerTokens=0", Next + "maxAnswerTokens", "at least 1")]
    [TestCase("stages.1.tasks.0.prompt.contextTokens=-1", Next + "prompt.contextTokens", "at least 0")]
    [TestCase("stages.1.tasks.0.prompt.chat=qwen4", Next + "prompt.chat", "\"qwen4\" is not known; one of \"auto\", \"plain\"")]
    [TestCase("stages.1.tasks.0.prompt={\"mask\":\"\"}", Next + "prompt.mask", "is empty")]
    [TestCase("stages.1.tasks.0.prompt.system=x", Next + "prompt.system", "plain text has no system message")]
    [TestCase("stages.1.tasks.0.budget.decay=0", Next + "budget.decay", "γ = 0 is outside (0, 1)")]
    [TestCase("stages.1.tasks.0.budget.decay=1", Next + "budget.decay", "γ = 1 is outside (0, 1)")]
    [TestCase("stages.1.tasks.0.budget.minimum=0", Next + "budget.minimum", "at least 1")]
    [TestCase("stages.1.tasks.0.budget.minimum=33", Next + "budget.initial", "B_0 = 32 is below minimum, B_min = 33")]
    [TestCase("stages.1.tasks.0.curriculum.t1=0.7", Next + "curriculum.t1", "t1 = 0.7 is not below t2 = 0.7")]
    [TestCase("stages.1.tasks.0.curriculum.t1=-0.1", Next + "curriculum.t1", "outside [0, 1]")]
    [TestCase("stages.1.tasks.0.curriculum.t2=1.1", Next + "curriculum.t2", "outside [0, 1]")]
    [TestCase("stages.1.tasks.0.curriculum.p1=[0.5,0.4,0.2]", Next + "curriculum.p1", "1 is needed")]
    [TestCase("stages.1.tasks.0.curriculum.p1=[0.5,0.4,0.100000002]", Next + "curriculum.p1", "1 is needed")]
    [TestCase("stages.1.tasks.0.curriculum.p2=[1.5,-0.5,0]", Next + "curriculum.p2", "not at least 0")]
    [TestCase("stages.1.tasks.0.curriculum.p2=[0.5,0.5]", Next + "curriculum.p2", "2 shares; three")]
    [TestCase("stages.1.tasks.0.curriculum.bounds=[0.8,0.5]", Next + "curriculum.bounds", "ascending quantiles in (0, 1)")]
    [TestCase("stages.1.tasks.0.curriculum.bounds=[0,0.5]", Next + "curriculum.bounds", "ascending quantiles in (0, 1)")]
    [TestCase("stages.1.tasks.0.curriculum.bounds=[0.5]", Next + "curriculum.bounds", "1 bounds; two are needed")]
    [TestCase("stages.1.tasks.0.curriculum={\"rule\":\"threshold\",\"bounds\":[-1,1]}", Next + "curriculum.bounds", "entropies of at least 0 nats")]
    [TestCase("stages.1.tasks.0.curriculum.documents=0", Next + "curriculum.documents", "at least 1")]
    [TestCase("stages.1.tasks.0.curriculum.entropyTopK=-1", Next + "curriculum.entropyTopK", "at least 0")]
    [TestCase("stages.1.tasks.0.curriculum.minEntropy=-1", Next + "curriculum.minEntropy", "at least 0")]
    [TestCase("stages.1.tasks.0.reward.match=exact", Next + "reward.match", "token, bytePrefix or informationGain is needed")]
    [TestCase("stages.1.tasks.1.reward.match=token", Span + "reward.match", "does not fit type \"spanRestoration\"")]
    [TestCase("stages.1.tasks.1.curriculum={}", Span + "curriculum", "only nextToken has tiers")]
    [TestCase("stages.1.tasks.0.reward.lengthWeight=1.5", Next + "reward.lengthWeight", "outside [0, 1]")]
    [TestCase("stages.1.tasks.0.reward.lengthPeak=-1", Next + "reward.lengthPeak", "at least 0")]
    [TestCase("stages.1.tasks.1.reward={\"match\":\"meanLogProb\"}", Span + "reward.formatFailure", "better than any answer")]
    [TestCase("stages.1.tasks.1.maxSpanShare=0.31", Span + "maxSpanShare", "outside (0, 0.3]")]
    [TestCase("stages.1.tasks.1.maxSpanShare=0", Span + "maxSpanShare", "outside (0, 0.3]")]
    [TestCase("stages.1.tasks.1.maxSpanTokens=0", Span + "maxSpanTokens", "at least 1")]
    [TestCase("stages.1.tasks.1.maxSpanTokens=17", Span + "maxAnswerTokens", "cannot hold a span")]
    [TestCase("stages.1.tasks.1.maxSpanTokens=16", Span + "maxAnswerTokens", "16 tokens of answer cannot hold a span of maxSpanTokens = 16 and the end token")]
    [TestCase("stages.1.tasks.1.maxSpanTokens=2147483647", Span + "maxAnswerTokens", "at least 2147483648 is needed")]
    [TestCase("evaluation.nextTokenPerTier=-1", "evaluation.nextTokenPerTier", "at least 0")]
    [TestCase("evaluation.restorations=-1", "evaluation.restorations", "at least 0")]
    [TestCase("evaluation.samples=0", "evaluation.samples", "at least 1")]
    [TestCase("evaluation.lossDocuments=-1", "evaluation.lossDocuments", "at least 0")]
    [TestCase("evaluation.bootstrapSamples=-1", "evaluation.bootstrapSamples", "at least 0")]
    [TestCase("evaluation.sampling.temperature=-1", "evaluation.sampling.temperature", "at least 0")]
    [TestCase("checkpoints.every=-1", "checkpoints.every", "at least 0")]
    [TestCase("checkpoints.keep=0", "checkpoints.keep", "at least 1")]
    public void Check_ImpossibleValue_NamesFieldAndRange(string text, string path, string problem)
    {
        UserInputException error = Assert.Throws<UserInputException>(() => RecipeText.Read(RecipeText.Whole, [text]))!;
        Assert.That(error.Path, Is.EqualTo(path), error.Message);
        Assert.That(error.Message, Does.Contain(problem).And.Not.Contain('\n'));
    }

    [TestCase("model.contextLength=15", "model.contextLength", "at least 16")]
    public void Check_ShortContext_IsNamedFirst(string text, string path, string problem)
    {
        UserInputException error = Assert.Throws<UserInputException>(() => RecipeText.Read(RecipeText.Whole, [text]))!;
        Assert.That((error.Path, error.Message), Is.EqualTo((path, error.Message)));
        Assert.That(error.Message, Does.Contain(problem));
    }

    [TestCase("advantage.scale=populationStd", "\"populationStd\"")]
    [TestCase("advantage.scale=leaveOneOut", "\"leaveOneOut\"")]
    public void Check_GroupOfOne_NamesTheScale(string scale, string problem) =>
        Assert.That(
            () => RecipeText.Read(RecipeText.Whole, "stages.rmt.groupSize=1", "stages.rmt." + scale),
            Throws.TypeOf<UserInputException>().With.Message.Contains(problem));

    [TestCase("stages.rmt.tasks.0.curriculum={\"t1\":0,\"t2\":1,\"p1\":[1,0,0],\"bounds\":[0.001,0.999]}")]
    [TestCase("stages.rmt.tasks.0.curriculum={\"rule\":\"threshold\",\"bounds\":[0,5]}")]
    [TestCase("stages.rmt.tasks.0.curriculum.p1=[0.3333333333,0.3333333333,0.3333333334]")]
    [TestCase("stages.rmt.tasks.0.budget={\"initial\":1}")]
    [TestCase("stages.rmt.tasks.0.maxThinkTokens=121")]
    [TestCase("stages.rmt.sampling={\"topP\":1,\"minP\":1}")]
    [TestCase("stages.rmt.objective={\"dualClip\":3,\"ntpWeight\":0,\"clipLow\":1}")]
    [TestCase("stages.rmt.learningRate.warmupSteps=20")]
    [TestCase("stages.base.sequenceLength=128")]
    [TestCase("corpus.heldOut=0.9")]
    [TestCase("tokenizer.vocabularySize=261")]
    [TestCase("stages.rmt.tasks.1.maxSpanShare=0.3")]
    [TestCase("stages.rmt.tasks.1.reward={\"match\":\"meanLogProb\",\"formatFailure\":-10}")]
    [TestCase("stages.rmt.tasks.1.maxSpanTokens=15")]
    [TestCase("corpus.world.maxSteps=8")]
    [TestCase("evaluation={\"nextTokenPerTier\":0,\"restorations\":0,\"lossDocuments\":0}")]
    public void Check_ValueAtTheBound_IsAllowed(string text) => Assert.That(() => RecipeText.Read(RecipeText.Whole, [text]), Throws.Nothing);

    [Test]
    public void Check_GroupOfOneWithoutScale_IsAllowed() =>
        Assert.That(() => RecipeText.Read(RecipeText.Whole, "stages.rmt.groupSize=1", "stages.rmt.advantage.scale=none"), Throws.Nothing);

    [Test]
    public void Check_LoadedModel_LeavesItsContextToTheLoader() =>
        Assert.That(() => RecipeText.Read(RecipeText.Whole, "model.checkpoint=x", "stages.rmt.tasks.0.maxThinkTokens=1000"), Throws.Nothing);

    [TestCase("\"decay\": 0.2", "\"decay\": 1.2", 23)]
    [TestCase("\"steps\": 20", "\"steps\": 0", 16)]
    [TestCase("{ \"t1\": 0.25 }", "{ \"t1\": 0.75 }", 24)]
    [TestCase("{ \"t1\": 0.25 }", "{ \"t2\": 0.2 }", 24)]
    public void Parse_ImpossibleValue_HasItsLine(string old, string replacement, int line) =>
        Assert.That(
            () => RecipeText.ReadChanged(old, replacement), Throws.TypeOf<UserInputException>().With.Property("Line").EqualTo(line));

    [Test]
    public void Validate_NotANumberInCode_IsRefused()
    {
        Recipe recipe = RecipeText.Read(RecipeText.Whole);
        foreach (double value in new[] { double.NaN, double.PositiveInfinity, double.NegativeInfinity })
        {
            Recipe bad = recipe with { Corpus = recipe.Corpus with { HeldOut = value }, Model = recipe.Model with { RopeTheta = value } };
            Assert.That(RecipeValidator.Check(bad).Select(p => p.Path), Is.EqualTo(new[] { "corpus.heldOut", "model.ropeTheta" }));
            Assert.That(() => RecipeValidator.Validate(bad), Throws.TypeOf<UserInputException>().With.Message.StartsWith("corpus.heldOut: "));
        }
    }
}
