using System.Text.Json.Nodes;
using RlmEngine.Grading;

namespace RlmEngine.Tests.Grading;

/// <summary>Answers as MATH, OlympiadBench, AIME, GSM8K and Omni-MATH have them, with responses and the verdicts of a careful mathematician.</summary>
public class RealisticAnswersTests
{
    private static IEnumerable<TestCaseData> Golds() =>
        File.ReadLines(Path.Combine(TestContext.CurrentContext.TestDirectory, "Grading", "RealisticAnswers.jsonl"))
            .Select(line => JsonNode.Parse(line)!).Select(line => new TestCaseData(line).SetArgDisplayNames(line["gold"]!.GetValue<string>()));

    [TestCaseSource(nameof(Golds))]
    public void Compare_Responses_AsAMathematicianWould(JsonNode line)
    {
        string gold = line["gold"]!.GetValue<string>();
        Assert.Multiple(() =>
        {
            foreach (bool isEqual in new[] { true, false })
            {
                foreach (JsonNode? pred in line[isEqual ? "equal" : "different"]?.AsArray() ?? [])
                    Assert.That(MathAnswer.AreEqual(gold, pred!.GetValue<string>()), Is.EqualTo(isEqual), pred.GetValue<string>());
            }
        });
    }

    [TestCaseSource(nameof(Golds))]
    public void Compare_BoxedAtTheEndOfAResponse_SameVerdicts(JsonNode line)
    {
        string gold = line["gold"]!.GetValue<string>();
        foreach (JsonNode? pred in line["different"]?.AsArray() ?? [])
        {
            string answer = pred!.GetValue<string>();
            if (!answer.Contains("\\boxed", StringComparison.Ordinal) && !answer.Contains('.', StringComparison.Ordinal) && answer.Length > 0)
                Assert.That(MathAnswer.AreEqual(gold, $"We first get $7$, and after some work \\boxed{{{answer.Trim('$')}}}."), Is.False, answer);
        }
    }
}
