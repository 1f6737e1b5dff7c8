using System.Text.Json.Nodes;
using RlmEngine.Grading;
using RlmEngine.Tests.Tokenization;

namespace RlmEngine.Tests.Grading;

public class FinalAnswerTests
{
    [TestCase("\\boxed{\\frac{1}{2}}", "\\frac{1}{2}")]
    [TestCase("\\boxed{first}, then \\boxed{ 42 }", "42")]
    [TestCase("\\boxed{\\boxed{7}}", "7")]
    [TestCase("\\boxed{\\left\\{ x \\right.}", "\\left\\{ x \\right.")]
    [TestCase("\\boxed 5$ and", "5")]
    [TestCase("\\boxed{1} \\boxed{2", null)]
    [TestCase("\\boxed", null)]
    [TestCase("\\boxedx", null)]
    [TestCase("", null)]
    public void Boxed_Text_IsTheLastBox(string text, string? expected) => Assert.That(FinalAnswer.Boxed(text), Is.EqualTo(expected));

    [TestCase("5 + 3 = 8\n#### 8", "8")]
    [TestCase("#### 1\n#### 1,000 \nmore", "1,000")]
    [TestCase("####", null)]
    [TestCase("## 3", null)]
    public void AfterHashes_Text_IsTheRestOfTheLine(string text, string? expected) => Assert.That(FinalAnswer.AfterHashes(text), Is.EqualTo(expected));

    [TestCase("The answer is 4.", "4")]
    [TestCase("Final Answer: The final answer is $\\frac{1}{2}$. I hope it is correct.", "\\frac{1}{2}")]
    [TestCase("Final Answer: The volume of $ABCDEFGH$ is 120. I hope it is correct.", "120")]
    [TestCase("**Final Answer:** 3.5", "3.5")]
    [TestCase("The answer to the question is: 12 apples", "12 apples")]
    [TestCase("so $x=3$, and then $y = 4$", "y = 4")]
    [TestCase("they are \\(1\\), \\(2\\) and \\(3\\).", "1, 2, 3")]
    [TestCase("it costs 3 and then $1,000.50 in all", "1,000.50")]
    [TestCase("AZYUK2A", null)]
    [TestCase("The answer is 5, thus \\boxed{6}", "6")]
    [TestCase("<think>The answer is 5.</think> The answer is 7.", "7")]
    [TestCase("<think>The answer is 5.</think> ", "5")]
    [TestCase("", null)]
    public void Extract_Response_IsItsAnswer(string text, string? expected) => Assert.That(FinalAnswer.Extract(text), Is.EqualTo(expected));

    [TestCase("B", 4, 'B')]
    [TestCase("(c)", 4, 'C')]
    [TestCase("b.", 4, 'B')]
    [TestCase("The answer is (D).", 4, 'D')]
    [TestCase("A is wrong. The correct answer is **B**.", 4, 'B')]
    [TestCase("\\boxed{\\text{C}}", 4, 'C')]
    [TestCase("Answer: A", 4, 'A')]
    [TestCase("I think (A) fails, so (B)", 4, 'B')]
    [TestCase("The answer is E", 4, null)]
    [TestCase("The answer is E", 5, 'E')]
    [TestCase("none of these", 4, null)]
    [TestCase("A cat sat on I", 4, null)]
    [TestCase("", 4, null)]
    [TestCase("A", 1, null)]
    public void Choice_Response_IsItsLetter(string text, int choices, char? expected) => Assert.That(FinalAnswer.Choice(text, choices), Is.EqualTo(expected));

    [Test]
    public void Boxed_SharedCases_AreAllAsExpected()
    {
        string[] lines = File.ReadAllLines(SharedData.PathOf("grading/boxed_extraction.jsonl"));
        Assert.That(lines, Is.Not.Empty);
        foreach (JsonNode pair in lines.Where(line => line.Length > 0).Select(line => JsonNode.Parse(line)!))
            Assert.That(FinalAnswer.Boxed(pair["text"]!.GetValue<string>()), Is.EqualTo(pair["expected"]?.GetValue<string>()), pair.ToJsonString());
    }
}
