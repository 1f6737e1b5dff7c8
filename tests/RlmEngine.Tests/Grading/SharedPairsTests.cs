using System.Text.Json.Nodes;
using RlmEngine.Grading;
using RlmEngine.Tests.Tokenization;

namespace RlmEngine.Tests.Grading;

/// <summary>Published graders' own test pairs, and real gold answers.</summary>
public class SharedPairsTests
{
    /// <summary>Pairs on which we differ from the label, and why.</summary>
    private static readonly Dictionary<(string Gold, string Pred), string> s_explained = new()
    {
        [("$9$", "Answer $ \n 9 \n $")] = "Math-Verify's pattern for $…$ does not cross lines, so that it finds no formula; the answer stated is 9",
        [("4, .1, 2", "0.1, 4, 2")] = "Hendrycks compares strings, so that order counts; lists without brackets are compared in any order here, as Math-Verify does",
    };

    [Test]
    public void Compare_PublishedPairs_AgreesButWhereExplained()
    {
        JsonNode[] pairs = Lines("grading/math_answer_pairs.jsonl");
        var wrong = pairs.Where(pair => Verdict(pair) != pair["equal"]!.GetValue<bool>()).Select(pair => (Gold: Text(pair, "gold"), Pred: Text(pair, "pred"))).ToList();
        Assert.That(wrong, Is.EquivalentTo(s_explained.Keys));
        Assert.That(wrong.Count, Is.LessThan(0.05 * pairs.Length));
        JsonNode[] mathVerify = [.. pairs.Where(pair => Text(pair, "source") == "Math-Verify")];
        Assert.That(mathVerify.Count(pair => Verdict(pair) == pair["equal"]!.GetValue<bool>()), Is.GreaterThanOrEqualTo(0.97 * mathVerify.Length));
    }

    [TestCaseSource(nameof(GoldSets))]
    public void Compare_GoldAnswers_EqualThemselvesAndNotOthers(string name)
    {
        string[] answers = Golds(name);
        var random = new Random(5);
        int self = 0, boxed = 0, other = 0, tried = 0;
        foreach (string answer in answers)
        {
            string another = answers[random.Next(answers.Length)];
            self += MathAnswer.AreEqual(answer, answer) ? 1 : 0;
            boxed += MathAnswer.AreEqual(answer, $"We set $x = 3$ and find, after all, that it is \\boxed{{{answer.Trim('$')}}}.") ? 1 : 0;
            if (answer == another)
                continue;
            tried++;
            other += MathAnswer.AreEqual(answer, another) ? 1 : 0;
        }

        Assert.That(self, Is.GreaterThanOrEqualTo(0.995 * answers.Length));
        // Some published answers have braces that do not match, or dollars inside.
        Assert.That(boxed, Is.GreaterThanOrEqualTo(0.985 * answers.Length));
        // Of those, about as many are truly equal: $k=1$ and 1, 1/8 + 1/12 + 1/24 and 1/4.
        Assert.That(other, Is.LessThanOrEqualTo(0.005 * tried));
    }

    private static readonly string[] GoldSets = ["problems/gsm8k_test.jsonl", "problems/olympiadbench.jsonl", "corpora/omni_math.jsonl"];

    private static string[] Golds(string name) => [.. Lines(name).Select(problem => name switch
    {
        "problems/gsm8k_test.jsonl" => FinalAnswer.AfterHashes(Text(problem, "answer"))!,
        "problems/olympiadbench.jsonl" => string.Join(", ", problem["final_answer"]!.AsArray().Select(answer => answer!.GetValue<string>())),
        _ => Text(problem, "answer"),
    })];

    private static bool Verdict(JsonNode pair)
    {
        MathGradingOptions options = MathGradingOptions.Default;
        if (pair["options"] is JsonObject given)
        {
            options = new MathGradingOptions
            {
                Precision = given["precision"]?.GetValue<int>() ?? options.Precision,
                IsStrict = given["strict"]?.GetValue<bool>() ?? options.IsStrict,
                AllowsSetRelation = given["allow_set_relation_comp"]?.GetValue<bool>() ?? options.AllowsSetRelation,
            };
        }

        return MathAnswer.AreEqual(Text(pair, "gold"), Text(pair, "pred"), options);
    }

    private static string Text(JsonNode node, string name) => node[name]!.GetValue<string>();

    private static JsonNode[] Lines(string name) =>
        [.. File.ReadLines(SharedData.PathOf(name)).Where(line => line.Length > 0).Select(line => JsonNode.Parse(line)!)];
}
