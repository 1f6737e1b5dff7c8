using RlmEngine.Evaluation.Suites;
using RlmEngine.Grading.Programs;
using RlmEngine.Metrics;
using RlmEngine.Recipes;

namespace RlmEngine.Tests.Evaluation.Suites;

/// <summary>Built-in suites read data of their published forms; what is missing or wrong is said in one line.</summary>
[TestFixture]
internal sealed class SuiteDataTests
{
    private string _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("rlm-suites-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Load_MathFolder_AnswerIsTheLastBoxOfTheSolution()
    {
        Write("MATH/test/algebra/2.json", """{"problem": "What is $x$?", "level": "Level 5", "type": "Algebra", "solution": "First \\boxed{1}, then $\\boxed{\\frac{3}{4}}$."}""");
        Write("MATH/test/algebra/1.json", """{"problem": "One?", "solution": "\\boxed{5}"}""");
        SuiteTask task = Task("math");
        SuiteData data = Load(task);
        var prompts = new SuitePrompts(task, data, 1);
        Assert.That(data.Documents.Select(prompts.TargetOf), Is.EqualTo(new[] { "5", "\\frac{3}{4}" }));
        Assert.That(prompts.QuestionOf(data.Documents[1]), Does.StartWith("What is $x$?\n").And.EndWith("\\boxed{}."));
    }

    [TestCase("math500", "math500.jsonl", """{"problem": "P", "solution": "S", "answer": "12", "unique_id": "u"}""", "P", "12")]
    [TestCase("aime24", "aime24.jsonl", """{"ID": "2024-I-1", "Problem": "P", "Solution": "S", "Answer": 204}""", "P", "204")]
    [TestCase("aime25", "aime2025.jsonl", """{"question": "P", "answer": "70"}""", "P", "70")]
    [TestCase("cnmo24", "livemathbench_CNMO_en.jsonl", """{"question": "P", "answer": "$1,2$", "question_type": "Fill"}""", "P", "$1,2$")]
    [TestCase("livemathbench", "x_en.jsonl", """{"question": "P", "answer": "B", "question_type": "Choice", "options": ["1", "2"]}""", "P\n(A) 1\n(B) 2", "B")]
    [TestCase("olympiadbench", "olympiadbench.jsonl", """{"question": "P", "context": "C", "final_answer": ["2", "3"]}""", "C\nP", "2, 3")]
    [TestCase("omni_math", "omni_math.jsonl", """{"problem": "P", "solution": "S", "answer": "\\pi", "difficulty": 5.0}""", "P", "\\pi")]
    public void Load_Mathematics_ProblemAndAnswer(string suite, string file, string line, string problem, string answer)
    {
        Write(file, line);
        SuiteTask task = Task(suite);
        SuiteData data = Load(task);
        var prompts = new SuitePrompts(task, data, 1);
        Assert.That(prompts.QuestionOf(data.Documents[0]), Is.EqualTo(problem + "\nPlease reason step by step, and put your final answer within \\boxed{}."));
        Assert.That(prompts.TargetOf(data.Documents[0]), Is.EqualTo(answer));
    }

    [Test]
    public void Load_Gpqa_ChoicesStandInAnOrderOfTheSeedEachPlaceAlike()
    {
        const int Count = 400;
        Write("gpqa_diamond.csv", "Record ID,Question,Correct Answer,Incorrect Answer 1,Incorrect Answer 2,Incorrect Answer 3\n"
            + string.Concat(Enumerable.Range(0, Count).Select(i => $"r{i},\"Why, \"\"{i}\"\"?\n\",right {i},a,b [title]c,d\n")));
        SuiteTask task = Task("gpqa");
        SuiteData data = Load(task), again = Load(task), other = SuiteData.Load(task, [_folder], 2);
        var prompts = new SuitePrompts(task, data, 1);
        int[] places = [.. data.Documents.Select(prompts.RightChoiceOf)];
        Assert.That(again.Documents.Select(prompts.RightChoiceOf), Is.EqualTo(places));
        Assert.That(other.Documents.Select(prompts.RightChoiceOf), Is.Not.EqualTo(places));
        Assert.That(data.Documents.Zip(places, (document, place) => document.Fields["choices"]![place]!.ToString()), Is.EqualTo(Enumerable.Range(0, Count).Select(i => $"right {i}")));

        // χ² of 3 degrees of freedom exceeds 21.1 with probability 1e-4; the seed is fixed.
        double chi = Enumerable.Range(0, 4).Sum(place => Math.Pow(places.Count(p => p == place) - (Count / 4.0), 2) / (Count / 4.0));
        Assert.That(chi, Is.LessThan(21.1));
        string prompt = prompts.QuestionOf(data.Documents[7]);
        Assert.That(prompt, Does.StartWith("What is the correct answer to this question:Why, \"7\"?\nChoices:\n(A) ").And.Contain("b. c").And.EndWith("\nAnswer:"));
    }

    [Test]
    public void Load_Mmlu_ListsAndColumnsGiveTheSamePrompt()
    {
        string list = """{"question": " Q? ", "subject": "us_foreign_policy", "choices": ["w", "x", "y", "z"], "answer": 2}""";
        string columns = """{"question": " Q? ", "subject": "us_foreign_policy", "A": "w", "B": "x", "C": "y", "D": "z", "answer": "C"}""";
        Write("mmlu_test.jsonl", $"{list}\n{columns}\n");
        Write("mmlu_dev.jsonl", string.Concat(Enumerable.Repeat(columns + "\n", 5)));
        SuiteTask task = Task("mmlu");
        SuiteData data = Load(task);
        var prompts = new SuitePrompts(task, data, 1);
        Assert.That(data.Documents.Select(prompts.RightChoiceOf), Is.EqualTo(new[] { 2, 2 }));
        Assert.That(data.Documents.Select(prompts.QuestionOf), Is.All.EqualTo("Q?\nA. w\nB. x\nC. y\nD. z\nAnswer:"));
        Assert.That(prompts.HeadOf(data.Documents[0]), Is.EqualTo(
            "The following are multiple choice questions (with answers) about us foreign policy.\n\n"
            + string.Concat(Enumerable.Repeat("Q?\nA. w\nB. x\nC. y\nD. z\nAnswer: C\n\n", 5))));
    }

    [Test]
    public void Load_Mbpp_TasksOfItsOwnSplits()
    {
        Write("mbpp.jsonl", string.Concat(Enumerable.Range(1, 600).Select(i => $$"""{"task_id": {{i}}, "text": "T{{i}}.", "code": "def f(): pass", "test_list": ["assert f() is None"]}""" + "\n")));
        SuiteTask task = Task("mbpp");
        SuiteData data = Load(task);
        Assert.That(data.Documents.Select(document => (int)document.Fields["task_id"]!), Is.EqualTo(Enumerable.Range(11, 500)));
        Assert.That(new SuitePrompts(task, data, 1).HeadOf(data.Documents[0]), Does.Contain("task: T2.").And.Contain("task: T4.").And.Not.Contain("T5.").And.Not.Contain("T1."));
        Assert.That(ProgramForms.Parse("mbpp", data.Documents[0].Fields).TestCount, Is.EqualTo(1));
    }

    [TestCase("apps", "apps_test.jsonl", """{"problem_id": 0, "question": "Add.", "starter_code": "", "input_output": "{\"inputs\": [\"1 2\\n\"], \"outputs\": [\"3\\n\"]}"}""", "Add.\nUse Standard Input format\nANSWER:")]
    [TestCase("apps", "apps_test.jsonl", """{"problem_id": 1, "question": "Add.", "starter_code": "class Solution:", "input_output": "{\"fn_name\": \"add\", \"inputs\": [[1, 2]], \"outputs\": [3]}"}""", "Add.\nclass Solution:\n\nUse Call-Based format\nANSWER:")]
    [TestCase("livecodebench", "livecodebench.jsonl", """{"question_id": "q", "question_title": "t", "question_content": "Add.", "starter_code": "", "platform": "x", "difficulty": "easy", "contest_date": "2024", "metadata": "{}", "public_test_cases": "[{\"input\": \"1 2\", \"output\": \"3\", \"testtype\": \"stdin\"}]", "private_test_cases": "[]"}""", "### Question:\nAdd.\n\n### Format: Read the inputs from stdin")]
    public void Load_Programming_PromptAndTests(string suite, string file, string line, string part)
    {
        Write(file, line);
        SuiteTask task = Task(suite);
        SuiteData data = Load(task);
        Assert.That(new SuitePrompts(task, data, 1).QuestionOf(data.Documents[0]), Does.Contain(part));
        ProgrammingProblem problem = ProgramForms.Parse(task.ProgramForm, data.Documents[0].Fields);
        Assert.That(problem.TestCount, Is.EqualTo(1));
        Assert.That(task.UnsafeCode, Is.True);
    }

    [Test]
    public void Load_ParquetAndJsonLines_SamePrompts()
    {
        SuiteTask task = Task("gsm8k") with { NumFewShot = 0 };
        var parquet = SuiteData.Load(task, [Tokenization.SharedData.PathOf("formats/gsm8k_hf_test.parquet")], 1);
        var lines = SuiteData.Load(task, [Tokenization.SharedData.PathOf("problems/gsm8k_test.jsonl")], 1);
        Assert.That(parquet.Documents.Select(document => document.Fields.ToJsonString()), Is.EqualTo(lines.Documents.Select(document => document.Fields.ToJsonString())));
        Assert.That(parquet.Documents, Has.Count.EqualTo(1319));
    }

    [Test]
    public void Load_NoData_OneLineSaysWhatToGet()
    {
        Assert.That(() => Load(Task("gsm8k")), Throws.TypeOf<UserInputException>().With.Message.Contains("gsm8k_test.jsonl").And.Message.Contains("get GSM8K")
            .And.Message.Not.Contains("\n"));
        Write("gsm8k_test.jsonl", """{"question": "q", "answer": "#### 1"}""");
        Assert.That(() => Load(Task("gsm8k")), Throws.TypeOf<UserInputException>().With.Message.Contains("no few-shot examples").And.Message.Contains("--num-fewshot 0"));
    }

    [Test]
    public void Load_NoSuchPath_OneLineSaysWhatToGet()
    {
        string nowhere = Path.Combine(_folder, "nowhere");
        Assert.That(() => SuiteData.Load(Task("math500"), [_folder, nowhere], 1), Throws.TypeOf<UserInputException>().With.Message.StartsWith($"math500: no data: {nowhere}: no such file or folder; get MATH-500")
            .And.Message.Not.Contains("\n"));
    }

    // hendrycks_math stands in seven folders, one a subject.
    [TestCase("*/test-*.jsonl", "b/test-1.jsonl,a/test-2.jsonl,a/train-1.jsonl,a/deep/test-1.jsonl", "a/test-2.jsonl,b/test-1.jsonl")]
    [TestCase("x/*/*.jsonl", "x/b/1.jsonl,x/a/2.jsonl,y/a/3.jsonl", "x/a/2.jsonl,x/b/1.jsonl")]
    [TestCase("a/../b/t.jsonl", "a/t.jsonl,b/t.jsonl", "b/t.jsonl")]
    [TestCase("t.jsonl", "own/t.jsonl", "own/t.jsonl")]
    public void Load_NamesWithFolders_FilesInOrder(string name, string files, string expected)
    {
        foreach (string file in files.Split(','))
            Write(file, $$"""{"q": "{{file}}", "a": "1"}""");
        SuiteTask task = Task("gsm8k") with { Task = "own", TestSplit = [name], FewShotSplit = [] };
        Assert.That(string.Join(',', Load(task).Documents.Select(document => document.Fields["q"]!.GetValue<string>())), Is.EqualTo(expected));
    }

    [Test]
    public void Load_DataOfAnotherBenchmark_IsRefused()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "main"));
        File.Copy(Tokenization.SharedData.PathOf("formats/gsm8k_hf_test.parquet"), Path.Combine(_folder, "main", "test-00000-of-00001.parquet"));
        Assert.That(() => Load(Task("math")), Throws.TypeOf<InvalidDataException>().With.Message.Contains("document 1: the document has no problem"));
        Assert.That(() => Load(Task("math500")), Throws.TypeOf<UserInputException>());
    }

    [TestCase("""{"question": "q"}""", "document 1: the document has no answer")]
    [TestCase("""{"question": "q", "answer": ""}""", "document 1: the document has no answer")]
    [TestCase("[1]", ":1: no JSON object")]
    [TestCase("{\"question\": \"q\", \"answer\": \"1\"}\n{\"question\": \"q\",", ":2: no JSON object")]
    [TestCase("\n\n", "holds no document")]
    public void Load_BadData_FileAndPlaceAreNamed(string text, string part)
    {
        Write("olympiadbench.jsonl", text);
        Assert.That(() => Load(Task("olympiadbench")), Throws.TypeOf<InvalidDataException>().With.Message.Contains(part).And.Message.Contains("olympiadbench.jsonl"));
    }

    private static SuiteTask Task(string suite) => SuiteReader.Read(suite).Tasks[0];

    private SuiteData Load(SuiteTask task) => SuiteData.Load(task, [_folder], 1);

    private void Write(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
