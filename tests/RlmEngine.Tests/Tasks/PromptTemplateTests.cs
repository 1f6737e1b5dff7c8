using RlmEngine.Curriculum;
using RlmEngine.Tasks;
using RlmEngine.Tokenization;

namespace RlmEngine.Tests.Tasks;

[TestFixture]
public class PromptTemplateTests
{
    private static readonly ByteLevelBpe _tokenizer = Tokenizers.Bytes;

    private static TaskOptions Task(PromptOptions? prompt, BudgetOptions? budget = null) =>
        new() { Type = TaskType.NextToken, MaxThinkTokens = 9, Prompt = prompt, Budget = budget };

    [TestCase(0, " [0]")]
    [TestCase(7, " [7]")]
    [TestCase(800, " [800]")]
    [TestCase(int.MaxValue, " [2147483647]")]
    public void After_Budget_HoldsItsDigitsAndOpensTheThought(int budget, string digits)
    {
        int[] after = new PromptTemplate(_tokenizer, Task(null, new BudgetOptions())).After(budget);
        Assert.That(after, Is.EqualTo((int[])[.. _tokenizer.Encode(digits), _tokenizer.Special.ThinkOpen!.Value]));
    }

    [TestCase(TaskType.NextToken, true, true, " [{budget}]<think>")]
    [TestCase(TaskType.NextToken, true, false, " [think]<think>")]
    [TestCase(TaskType.NextToken, false, true, "")]
    [TestCase(TaskType.NextToken, false, false, "")]
    [TestCase(TaskType.SpanRestoration, true, true, " [fill {budget}]<think>")]
    [TestCase(TaskType.SpanRestoration, true, false, " [fill]<think>")]
    [TestCase(TaskType.SpanRestoration, false, false, " [fill]")]
    public void TextAfter_NoPromptOptions_IsTheTasksOwn(TaskType type, bool thinks, bool hasBudget, string text)
    {
        var task = new TaskOptions { Type = type, MaxThinkTokens = thinks ? 9 : 0, Budget = hasBudget ? new BudgetOptions() : null };
        Assert.That(PromptTemplate.TextAfter(task), Is.EqualTo(text));
        Assert.That(PromptTemplate.TextAfter(task with { Prompt = new PromptOptions { After = "x" } }), Is.EqualTo("x"));
    }

    [Test]
    public void Options_Given_ReplaceTheTasksOwnText()
    {
        var options = new PromptOptions { Before = "<think>a</think>", After = "{budget} of {budget}", ContextTokens = 5 };
        var template = new PromptTemplate(_tokenizer, Task(options));
        Assert.Multiple(() =>
        {
            Assert.That(template.Before(0), Is.EqualTo((int[])[_tokenizer.Special.ThinkOpen!.Value, .. _tokenizer.Encode("a"), _tokenizer.Special.ThinkClose!.Value]));
            Assert.That(_tokenizer.Decode(template.After(12)), Is.EqualTo("12 of 12"));
            Assert.That(template.ContextTokens, Is.EqualTo(5));
        });
    }

    [Test]
    public void Options_None_AreTheTasksOwnTextAndAllContext()
    {
        var template = new PromptTemplate(_tokenizer, Task(null) with { MaxThinkTokens = 0 });
        Assert.Multiple(() =>
        {
            Assert.That(template.Before(0), Is.Empty);
            Assert.That(template.After(5), Is.Empty);
            Assert.That(template.ContextTokens, Is.EqualTo(int.MaxValue));
            Assert.That(new PromptTemplate(_tokenizer, Task(new PromptOptions())).ContextTokens, Is.EqualTo(int.MaxValue));
        });
    }

    [Test]
    public void After_BudgetsInTurn_AreKeptApart()
    {
        var template = new PromptTemplate(_tokenizer, Task(new PromptOptions { After = "{budget}" }));
        Assert.That(new[] { 3, 12, 3, 12 }.Select(budget => _tokenizer.Decode(template.After(budget))), Is.EqualTo(new[] { "3", "12", "3", "12" }));
    }
}
