using RlmEngine.Grading.Programs;
using RlmEngine.Metrics;

namespace RlmEngine.Cli.Tests.Runs;

/// <summary>Post-training whose reward runs programs: refused unless asked for, and then run in the sandbox.</summary>
[NonParallelizable]
public class ProgramRewardRunTests
{
    private DirectoryInfo _folder = null!;

    private string Recipe => Path.Combine(_folder.FullName, "code.jsonc");

    private string Run => Path.Combine(_folder.FullName, "run");

    [SetUp]
    public void MakeRecipe()
    {
        _folder = Directory.CreateTempSubdirectory("rlm-code-");
        string problems = Path.Combine(_folder.FullName, "mbpp.jsonl");
        File.WriteAllLines(problems, Enumerable.Range(0, 20).Select(i => $$"""{"task_id": {{i}}, "text": "Do {{i}}.", "code": "", "test_list": ["assert 1"]}"""));
        File.WriteAllText(Recipe, $$"""
            {
              "name": "code", "seed": 1,
              "model": { "checkpoint": "{{WholeRun.Folder}}" },
              "stages": [
                {
                  "name": "post", "method": "reinforce", "steps": 2, "prompts": 2, "groupSize": 2, "learningRate": { "peak": 1e-3 }, "objective": { "ntpWeight": 0 },
                  "tasks": [
                    {
                      "type": "verifiableAnswer", "maxThinkTokens": 0, "maxAnswerTokens": 6, "reward": { "match": "program" },
                      "problems": { "paths": ["{{problems}}"], "form": "mbpp", "heldOut": 0.3 }
                    }
                  ]
                }
              ],
              "evaluation": { "nextTokenPerTier": 0, "restorations": 0, "lossDocuments": 2, "bootstrapSamples": 5 }
            }
            """);
    }

    [TearDown]
    public void RemoveFolder() => _folder.Delete(recursive: true);

    [Test]
    public void Train_WithoutPermission_OneLineAndNothingIsWritten()
    {
        var run = CommandRun.InProcess("train", Recipe, "--out", Run);
        Assert.That(run.Code, Is.EqualTo(2));
        Assert.That(run.Error.TrimEnd('\n'), Does.Contain(CodeExecutionPermission.Option).And.Not.Contain("\n"));
        Assert.That(Directory.Exists(Run), Is.False);
    }

    [Test]
    public void Train_Allowed_RewardsPrograms()
    {
        try
        {
            _ = ProgramRunner.Create(CodeExecutionPermission.Granted);
        }
        catch (UserInputException problem)
        {
            Assert.Ignore(problem.Message);
        }

        var run = CommandRun.InProcess("train", Recipe, "--out", Run, CodeExecutionPermission.Option);
        Assert.That((run.Code, run.Error), Is.EqualTo((0, "")));
        Assert.That(RlmProcess.LinesOf(Run), Is.EqualTo(2));
        Assert.That(File.ReadAllText(Path.Combine(Run, "metrics.jsonl")), Does.Contain("reward"));
    }
}
