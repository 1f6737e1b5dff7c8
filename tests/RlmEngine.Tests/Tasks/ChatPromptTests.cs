using RlmEngine.Curriculum;
using RlmEngine.Kernels.Rollout;
using RlmEngine.Rewards;
using RlmEngine.Rollouts;
using RlmEngine.Tasks;
using RlmEngine.Tests.Tokenization;
using RlmEngine.Tokenization;

namespace RlmEngine.Tests.Tasks;

[TestFixture]
public class ChatPromptTests
{
    private static readonly ByteLevelBpe _tokenizer = Tokenizers.Bytes;

    private static TaskOptions Task(string chat, bool thinks = true, bool hasBudget = true, PromptOptions? prompt = null) => new()
    {
        Type = TaskType.NextToken,
        MaxThinkTokens = thinks ? 20 : 0,
        Budget = thinks && hasBudget ? new BudgetOptions() : null,
        Prompt = (prompt ?? new PromptOptions()) with { Chat = chat },
    };

    private static string Text(TaskOptions task, int budget = 8)
    {
        var template = new PromptTemplate(_tokenizer, task);
        return _tokenizer.Decode([.. template.Before(budget), .. _tokenizer.Encode("DOC"), .. template.After(budget)]);
    }

    [TestCase("qwen3", true, "<|im_start|>assistant\n<think>\n")]
    [TestCase("qwen3", false, "<|im_start|>assistant\n<think>\n\n</think>\n\n")]
    [TestCase("qwen2.5", true, "<|im_start|>assistant\n<think>\n")]
    [TestCase("qwen2.5", false, "<|im_start|>assistant\n")]
    [TestCase("deepseek-r1", true, "<｜Assistant｜><think>\n")]
    [TestCase("deepseek-r1", false, "<｜Assistant｜><think>\n\n</think>\n\n")]
    [TestCase("llama3.1", true, "<|start_header_id|>assistant<|end_header_id|>\n\n<think>\n")]
    [TestCase("llama3.1", false, "<|start_header_id|>assistant<|end_header_id|>\n\n")]
    public void After_Chat_EndsWhereTheModelThinksOrAnswers(string chat, bool thinks, string end)
    {
        TaskOptions task = Task(chat, thinks);
        Assert.That(Text(task), Does.EndWith(end));
        Assert.That(Text(task), Does.Contain("<text>DOC</text>"));
        Assert.That(new PromptTemplate(_tokenizer, task).Stop(true), Is.EqualTo(new StopRule(thinks ? 20 : 0, 1, true) { SeparatorLineFeeds = thinks ? 2 : 0 }));
    }

    [TestCase("qwen3", "qwen3", 3)]
    [TestCase("qwen2_5", "qwen2.5", 10)]
    public void After_RealVocabulary_HoldsTheTemplatesMarksAsTokens(string folder, string chat, int marks)
    {
        ByteLevelBpe tokenizer = ByteLevelBpe.Load(SharedData.PathOf($"tokenizers/{folder}"));
        var template = new PromptTemplate(tokenizer, Task(chat));
        (int start, int end) = (tokenizer.Encode("<|im_start|>", parseSpecial: true).Single(), tokenizer.Encode("<|im_end|>", parseSpecial: true).Single());
        int[] after = template.After(8);
        Assert.That((after.Count(id => id == start), after.Count(id => id == end)), Is.EqualTo((1, 1)));
        Assert.That(tokenizer.Special.Stops, Does.Contain(end));
        Assert.That(new CompletionTokens(tokenizer).MarkTokens(template.Stop(true)), Is.EqualTo(marks));
        if (tokenizer.Special.ThinkOpen is { } open)
            Assert.That(after[^2..], Is.EqualTo((int[])[open, .. tokenizer.Encode("\n")]));
        Assert.That(tokenizer.Decode(template.Mask), Is.EqualTo("[MASK]"));
    }

    [Test]
    public void Stop_ThoughtLeftToTheModel_AwaitsItsMark()
    {
        PromptOptions open = new() { OpenThought = false };
        Assert.That(Text(Task("qwen3", prompt: open)), Does.EndWith("<|im_start|>assistant\n"));
        Assert.That(new PromptTemplate(_tokenizer, Task("qwen3", prompt: open)).Stop(false).AwaitsThinkOpen);
        Assert.That(new PromptTemplate(_tokenizer, Task("deepseek-r1", prompt: open)).Stop(false).AwaitsThinkOpen, Is.False);
        Assert.That(new PromptTemplate(_tokenizer, Task("plain", prompt: new PromptOptions { After = "?" })).Stop(false).AwaitsThinkOpen);
        Assert.That(new PromptTemplate(_tokenizer, Task("plain")).Stop(false), Is.EqualTo(new StopRule(20, 1, false)));
    }

    [TestCase(TaskType.NextToken, true, MatchReward.Token, "use exactly 8 tokens within <think></think>. Then write that token")]
    [TestCase(TaskType.NextToken, false, MatchReward.BytePrefix, "How does it go on, right where it breaks off? Think first, within <think></think>. Then write the token that comes next")]
    [TestCase(TaskType.SpanRestoration, true, MatchReward.Exact, "use exactly 8 tokens within <think></think>. Then write the missing passage")]
    [TestCase(TaskType.SpanRestoration, false, MatchReward.Exact, "Think first, within <think></think>. Then write the missing passage")]
    public void Own_Instruction_SaysTaskAndBudget(TaskType type, bool hasBudget, MatchReward match, string words)
    {
        TaskOptions task = Task("qwen3", hasBudget: hasBudget) with { Type = type, Reward = new RewardOptions { Match = match } };
        Assert.That(Text(task), Does.Contain(words));
        Assert.That(Text(task).Contains("<|mask|> stands in its place"), Is.EqualTo(type == TaskType.SpanRestoration));
        Assert.That(Text(task), Does.Not.Contain("{").And.Not.Contain("\uE000"));
    }

    [Test]
    public void Options_Given_ReplaceInstructionAndSystem()
    {
        PromptOptions prompt = new() { System = "In {budget}.", Before = "A{budget}", After = "B{budget} {mask}", Mask = "___" };
        Assert.That(Text(Task("llama3", prompt: prompt), 12), Is.EqualTo(
            "<|endoftext|><|start_header_id|>system<|end_header_id|>\n\nIn 12.<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nA12DOCB12 ___<|eot_id|>"
            + "<|start_header_id|>assistant<|end_header_id|>\n\n<think>\n"));
        Assert.That(_tokenizer.Decode(new PromptTemplate(_tokenizer, Task("qwen3", prompt: prompt)).Mask), Is.EqualTo("___"));
    }

    [Test]
    public void Prompt_CharacterThatMarksTheDocument_IsRefused() => Assert.That(
        () => new PromptTemplate(_tokenizer, Task("qwen3", prompt: new PromptOptions { Before = "\uE000" })),
        Throws.TypeOf<InvalidDataException>().With.Message.Contains("U+E000"));

    [Test]
    public void Chat_UnknownOrUnresolved_IsRefused([Values("qwen4", "auto")] string chat) => Assert.That(
        () => new PromptTemplate(_tokenizer, Task(chat)), Throws.TypeOf<InvalidDataException>().With.Message.Contains(chat));

    [TestCase(1)]
    [TestCase(4)]
    [TestCase(9)]
    public void NextToken_InAChat_ShowsTheDocumentWithoutItsBeginning(int position)
    {
        int[] document = _tokenizer.Document("the quick fox");
        TaskOptions options = Task("qwen3") with { Curriculum = null };
        PositionPool pool = PositionPool.Score(
            ContextModel.Argmax(_tokenizer.VocabularySize, 4096, _ => 0), [document], new CurriculumOptions(), 4096, 4096);
        var task = new NextTokenTask(
            pool, _tokenizer, options, 4096, new CompletionScorer(_tokenizer, ContextModel.Argmax(_tokenizer.VocabularySize, 4096, _ => 0)));
        Prompt prompt = task.At(document, position, Tier.Easy, 3);
        Assert.That(_tokenizer.Decode(prompt.Tokens), Does.Contain($"<text>{"the quick fox"[..(position - 1)]}</text>"));
        Assert.That(prompt.Reference, Is.EqualTo(document[position..(position + 1)]));
    }

    [Test]
    public void Restoration_InAChat_FitsTheContextAndGivesTheDocumentBack([Values(null, "[gone]")] string? mask)
    {
        string text = string.Join(' ', Enumerable.Range(10, 60).Select(i => $"word{i * i}"));
        TaskOptions options = Task("llama3.1", prompt: new PromptOptions { Mask = mask, Before = "((", After = "))" }) with
        {
            Type = TaskType.SpanRestoration,
            MaxAnswerTokens = 20,
            MaxSpanTokens = 19,
            Reward = new RewardOptions { Match = MatchReward.Exact },
        };
        foreach (int context in (int[])[4000, 340, 310])
        {
            var task = new SpanRestorationTask(
                new TokenizedDocuments(new ListCorpus([text]), _tokenizer), _tokenizer, options, context,
                new CompletionScorer(_tokenizer, ContextModel.Argmax(_tokenizer.VocabularySize, 4096, _ => 0)));
            var random = new PhiloxStream(1, new PhiloxCounter(RandomPurpose.Task, 0, 0, 0, 0));
            foreach (Prompt prompt in task.Draw(50, 0, 10, ref random))
            {
                string[] shown = _tokenizer.Decode(prompt.Tokens).Split("((")[1].Split("))")[0].Split(mask ?? "<|mask|>");
                Assert.That(shown, Has.Length.EqualTo(2));
                Assert.That(shown[0] + _tokenizer.Decode(prompt.Reference) + shown[1], Is.EqualTo(_tokenizer.Decode(prompt.Source.AsSpan(1))));
                Assert.That(prompt.Tokens.Length + options.MaxThinkTokens + 1 + 2 + options.MaxAnswerTokens, Is.LessThanOrEqualTo(context));
            }
        }
    }

    [TestCase(new[] { 'f' }, 1.0)]
    [TestCase(new[] { '\n', '\n', 'f' }, 1.0)]
    [TestCase(new[] { '\n', '\n', '\n', 'f' }, 0.0)]
    [TestCase(new[] { ' ', 'f' }, 0.0)]
    public void Answer_OfAChat_IsReadAfterTheTemplatesBlankLine(char[] written, double match)
    {
        StopRule rule = new PromptTemplate(_tokenizer, Task("qwen3")).Stop(endsAtEndToken: false);
        var reader = new CompletionReader(rule, new CompletionTokens(_tokenizer), 100);
        Rollout? rollout = null;
        foreach (int token in (int[])['a', _tokenizer.Special.ThinkClose!.Value, .. written.Select(c => (int)c)])
            rollout ??= reader.Add(new SampledToken(token, -1, -1, true));
        Assert.That(rollout!.Stop, Is.EqualTo(StopReason.Answered));
        Assert.That(MatchScore.Of(MatchReward.Token, _tokenizer, rollout.Answer, ['f']), Is.EqualTo(match));
    }
}
