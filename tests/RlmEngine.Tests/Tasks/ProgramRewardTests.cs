using RlmEngine.Corpus;
using RlmEngine.Grading.Programs;
using RlmEngine.Metrics;
using RlmEngine.Recipes;
using RlmEngine.Rewards;
using RlmEngine.Rollouts;
using RlmEngine.Tasks;
using RlmEngine.Tests.Corpus;
using RlmEngine.Tests.Grading.Programs;
using RlmEngine.Tests.Recipes;
using RlmEngine.Tokenization;
using RlmEngine.Training;

namespace RlmEngine.Tests.Tasks;

/// <summary>Programs as answers of post-training: read in the published forms, rewarded by their tests, never run unasked.</summary>
[TestFixture]
public class ProgramRewardTests
{
    private const string HumanEval =
        """{"task_id": "h/ID", "prompt": "def fID(a):\n    \"\"\"Twice.\"\"\"\n", "entry_point": "fID", "canonical_solution": "    return 2 * a\n", "test": "def check(f):\n    assert f(3) == 6"}""";

    private const string Task =
        """
        "type": "verifiableAnswer", "maxThinkTokens": 32, "maxAnswerTokens": 16, "reward": { "match": "program" }, "problems": { "paths": ["p.jsonl"], "form": "mbpp" }
        """;

    private static readonly ByteLevelBpe s_tokenizer = Tokenizers.Bytes;

    [Test]
    public void Score_Programs_OneForThoseThatPassAllTests()
    {
        var problem = new ProgramProblem(new MbppProblem("1", "Twice.", ["assert twice(2) == 4", "assert twice(3) == 6"]), "Twice.", "");
        var other = new ProgramProblem(new MbppProblem("2", "Thrice.", ["assert twice(2) == 6"]), "Thrice.", "");
        string[] responses =
        [
            "```python\ndef twice(a):\n    return 2 * a\n```", "```python\ndef twice(a):\n    return 4\n```", "def twice(a) return", "def twice(a):\n    return 2 * a",
            "def twice(a):\n    return 3 * a", "def twice(a):\n    return 2 * a", "", "print('passed')",
        ];
        var scorer = new CompletionScorer(s_tokenizer, Model(), programs: new ProgramGrader(SandboxedPrograms.Runner, SandboxedPrograms.Patient));
        RewardBatch rewards = scorer.Score(
            new RolloutBatch([Asked(problem), Asked(other)], 4, [.. responses.Select(Completion)]),
            new RewardOptions { Match = MatchReward.Program, LengthWeight = 0, FormatFailure = -1 });
        Assert.That(rewards.Match_PG, Is.EqualTo(new double[] { 1, 0, 0, 1, 1, 0, 0, 0 }));
        Assert.That(rewards.Total_PG[6], Is.EqualTo(-1), "no answer at all");
    }

    [Test]
    public void Score_WithoutPermission_RunsNothing()
    {
        var problem = new ProgramProblem(new MbppProblem("1", "p", ["assert True"]), "p", "");
        Assert.That(
            () => new CompletionScorer(s_tokenizer, Model()).Score(new RolloutBatch([Asked(problem)], 1, [Completion("x = 1")]), new RewardOptions { Match = MatchReward.Program }),
            Throws.InvalidOperationException.With.Message.Contains("permission"));
    }

    [TestCase(ProblemForm.HumanEval, HumanEval, "def f7(a):\n    \"\"\"Twice.\"\"\"\n", "    return 2 * a\n")]
    [TestCase(ProblemForm.Mbpp, """{"task_id": ID, "text": "Task ID.", "code": "x = 1", "test_list": ["assert g(1)"]}""", "Task 7.\nYour code should pass these tests:\nassert g(1)\n", "x = 1")]
    [TestCase(ProblemForm.Apps, """{"problem_id": ID, "question": "Q ID", "input_output": "{\"inputs\": [\"1\"], \"outputs\": [\"2\"]}"}""", "Q 7", "")]
    [TestCase(ProblemForm.LiveCodeBench, """{"question_id": "ID", "question_content": "Q ID", "public_test_cases": "[{\"input\": \"1\", \"output\": \"2\", \"testtype\": \"stdin\"}]"}""", "Q 7", "")]
    public void Read_PublishedForms_QuestionsAnswersAndSplits(ProblemForm form, string line, string question, string answer)
    {
        using var folder = new TemporaryFolder();
        string file = folder.Write("p.jsonl", string.Join('\n', Enumerable.Range(0, 40).Select(i => line.Replace("ID", $"{i}", StringComparison.Ordinal))));
        IProblemSource source = VerifiableAnswerTask.SourceOf(new ProblemOptions { Paths = [file], Form = form, HeldOut = 0.3 }, 1);
        Problem[] train = [.. source.Train(0)], heldOut = [.. source.HeldOut()];
        Assert.That(train.Concat(heldOut).Select(problem => problem.Question), Is.Unique.And.Exactly(40).Items.And.Contains(question));
        Assert.That(heldOut, Is.Not.Empty);
        Assert.That(train.Concat(heldOut).Select(problem => problem.Answer), Is.All.EqualTo(answer));
        Assert.That(source.Train(1).Select(problem => problem.Question), Is.EquivalentTo(train.Select(problem => problem.Question)).And.Not.EqualTo(train.Select(problem => problem.Question)));
    }

    [TestCase("{\"task_id\": 1}", "p.jsonl: problem 1: ")]
    [TestCase("[1]", "p.jsonl:1: no JSON object")]
    [TestCase("", "at least one of each is needed")]
    public void Read_WrongFile_OneLineSaysWhere(string text, string message)
    {
        using var folder = new TemporaryFolder();
        var options = new ProblemOptions { Paths = [folder.Write("p.jsonl", text)], Form = ProblemForm.Mbpp };
        Assert.That(() => VerifiableAnswerTask.SourceOf(options, 1), Throws.InstanceOf<InvalidDataException>().With.Message.Contains(message).And.Message.Not.Contains("\n"));
    }

    [Test]
    public void Recipe_ProgramReward_IsReadAndSaysThatItRunsPrograms()
    {
        Recipe recipe = Changed(Task);
        TaskOptions task = recipe.Stages[1].Tasks[1];
        Assert.That((task.Reward.Match, task.Problems!.Form), Is.EqualTo((MatchReward.Program, ProblemForm.Mbpp)));
        Assert.That(RunAssembly.RunsPrograms(recipe), Is.True);
        Recipe mathematics = Changed(Task.Replace("\"program\"", "\"mathAnswer\"", StringComparison.Ordinal).Replace(", \"form\": \"mbpp\"", "", StringComparison.Ordinal));
        Assert.That(mathematics.Stages[1].Tasks[1].Reward.Match, Is.EqualTo(MatchReward.MathAnswer));
        Assert.That(RunAssembly.RunsPrograms(mathematics), Is.False);
    }

    [TestCase("\"program\"", "\"exact\"", "does not fit programming problems; program is needed")]
    [TestCase(", \"form\": \"mbpp\"", "", "program needs programming problems")]
    [TestCase("\"paths\": [\"p.jsonl\"], ", "", "form \"mbpp\" needs files")]
    [TestCase("\"mbpp\"", "\"mbp\"", "mbpp")]
    public void Recipe_ProgramRewardThatDoesNotFit_IsRefused(string was, string becomes, string message) => Assert.That(
        () => Changed(Task.Replace(was, becomes, StringComparison.Ordinal)), Throws.TypeOf<UserInputException>().With.Message.Contains(message));

    private static Recipe Changed(string task) => RecipeText.ReadChanged(
        """
                  "type": "spanRestoration",
                  "weight": 0.5,
                  "maxThinkTokens": 32,
                  "maxAnswerTokens": 16,
                  "maxSpanTokens": 8,
                  "reward": { "match": "editSimilarity" }
        """, task);

    private static ContextModel Model() => new(s_tokenizer.VocabularySize, 300, _ => new double[s_tokenizer.VocabularySize]);

    private static Prompt Asked(Problem problem) => new()
    {
        Tokens = [s_tokenizer.Special.Begin],
        Reference = [],
        Question = problem,
        Stop = new StopRule(8, 200, true),
    };

    private static Rollout Completion(string answer)
    {
        int[] close = s_tokenizer.Encode(SpecialTokenText.ThinkClose, parseSpecial: true), tokens = [.. close, .. s_tokenizer.Encode(answer), s_tokenizer.Special.End];
        return new Rollout
        {
            Tokens_T = tokens,
            LogProbs_T = new float[tokens.Length],
            TruncatedLogProbs_T = new float[tokens.Length],
            Stop = answer.Length > 0 ? StopReason.Answered : StopReason.ThoughtTooLong,
            ThinkLength = 0,
            AnswerStart = answer.Length > 0 ? close.Length : -1,
            AnswerEnd = answer.Length > 0 ? tokens.Length - 1 : -1,
        };
    }
}
