using System.Text.Json;

namespace RlmEngine.Cli.Tests.Runs;

/// <summary>`rlm experiment` with real runs: tables at the end, nothing repeated, killed and interrupted experiments go on to the same bytes.</summary>
[NonParallelizable]
public class ExperimentCommandTests
{
    private const string Recipe = """
        {
          "name": "r", "corpus": { "heldOut": 0.2, "world": { "documents": 40 } },
          "tokenizer": { "vocabularySize": 280, "trainBytes": 20000 },
          "model": {
            "hiddenSize": 16, "layers": 1, "heads": 2, "keyValueHeads": 1, "headSize": 8, "intermediateSize": 24,
            "contextLength": 96, "initializerRange": 0.1
          },
          "stages": [
            {
              "name": "mid", "method": "reinforce", "steps": 8, "prompts": 2, "groupSize": 2, "learningRate": { "peak": 0.01 },
              "tasks": [ { "type": "nextToken", "maxThinkTokens": 8, "curriculum": { "documents": 4 } } ]
            }
          ],
          "evaluation": { "nextTokenPerTier": 3, "lossDocuments": 4, "lossEvery": 0, "bootstrapSamples": 20 },
          "checkpoints": { "every": 2, "keep": 3 }
        }
        """;

    private const string Experiment = """
        {
          "name": "e", "seeds": [7], "bootstrapSamples": 100,
          "entries": [
            { "name": "rmt", "label": "RMT", "recipe": "r.jsonc" },
            { "name": "half", "recipe": "r.jsonc", "from": "rmt", "fromShare": 0.5 },
          ],
          "sections": [
            { "title": "Accuracy", "type": "accuracy", "rows": ["rmt", "half"], "reference": "rmt" },
            { "title": "Curves", "type": "curve", "rows": ["rmt", "half"] },
          ],
          "claims": [ { "claim": "longer is better", "left": "half", "right": "rmt" } ]
        }
        """;

    private static readonly string[] s_tables = ["tables.json", "tables.md", "report.html"];

    private DirectoryInfo _folder = null!;

    [OneTimeSetUp]
    public void RunWhole()
    {
        _folder = Directory.CreateTempSubdirectory("rlm-matrix-");
        File.WriteAllText(In("r.jsonc"), Recipe);
        File.WriteAllText(In("e.jsonc"), Experiment);
        Whole = CommandRun.InProcess("experiment", In("e.jsonc"), "--out", In("whole"), "--jobs", "2");
    }

    [OneTimeTearDown]
    public void RemoveFolder() => _folder.Delete(recursive: true);

    private CommandRun Whole { get; set; } = new(-1, "", "");

    [Test]
    public void Experiment_Whole_WritesRunsTablesAndClaims()
    {
        Assert.That((Whole.Code, Whole.Error), Is.EqualTo((0, "")), Whole.Out);
        Assert.That(Whole.Out, Does.Contain("rmt-seed-7: running").And.Contain("2/2 finished").And.Contain("longer is better").And.Contain("2 of 2 runs finished"));
        using JsonDocument tables = JsonDocument.Parse(File.ReadAllText(In("whole/tables.json")));
        Assert.That(tables.RootElement.GetProperty("runs").GetArrayLength(), Is.EqualTo(2));
        Assert.That(tables.RootElement.GetProperty("claims")[0].GetProperty("interval").GetArrayLength(), Is.EqualTo(2));
        string recipe = File.ReadAllText(In("whole/runs/half/seed-7/recipe.json"));
        Assert.That(recipe, Does.Contain("step-000004").And.Contain("\"seed\": 7").And.Contain("\"name\": \"half\""));
        Assert.That(File.ReadAllText(In("whole/logs/half-seed-7.log")), Does.Contain("> train ").Or.Contain(" train "));
    }

    [Test]
    public void Experiment_ResumedWhenDone_RepeatsNothing()
    {
        DateTime written = File.GetLastWriteTimeUtc(In("whole/runs/rmt/seed-7/summary.json"));
        string[] before = [.. s_tables.Select(file => File.ReadAllText(In($"whole/{file}")))];
        CommandRun again = CommandRun.InProcess("experiment", In("e.jsonc"), "--out", In("whole"), "--resume", "--jobs", "1");
        Assert.That((again.Code, again.Error), Is.EqualTo((0, "")));
        Assert.That(again.Out, Does.Not.Contain("running"));
        Assert.That(File.GetLastWriteTimeUtc(In("whole/runs/rmt/seed-7/summary.json")), Is.EqualTo(written));
        Assert.That(s_tables.Select(file => File.ReadAllText(In($"whole/{file}"))), Is.EqualTo(before));
    }

    [Test]
    [Platform(Exclude = "Win", Reason = "signals")]
    public void Experiment_InterruptedAndItsRunKilled_GoesOnToTheSameTables()
    {
        string[] line = ["experiment", In("e.jsonc"), "--out", In("cut"), "--jobs", "1"];
        using (RlmProcess process = new(line))
        {
            Assert.That(process.WaitFor(() => RlmProcess.LinesOf(In("cut/runs/rmt/seed-7")) >= 1), Is.True);
            process.Signal("TERM");
            CommandRun stopped = process.End();
            Assert.That(stopped.Code, Is.EqualTo(130), stopped.Error);
            Assert.That(stopped.Error, Does.Contain($"go on with: rlm experiment {In("e.jsonc")} --out {In("cut")} --jobs 1 --resume"));
        }

        Assert.That(File.Exists(In("cut/tables.json")), Is.False);
        if (!File.Exists(In("cut/runs/half/seed-7/recipe.json")))
        {
            using RlmProcess process = new([.. line, "--resume"]);
            if (process.WaitFor(() => File.Exists(In("cut/runs/half/seed-7/recipe.json"))))
                process.KillHard();
        }

        CommandRun end = Retried(() => CommandRun.InProcess([.. line, "--resume"]));
        Assert.That((end.Code, end.Error), Is.EqualTo((0, "")), end.Out);
        Assert.That(s_tables.Select(file => File.ReadAllText(In($"cut/{file}"))), Is.EqualTo(s_tables.Select(file => File.ReadAllText(In($"whole/{file}")))));
    }

    [Test]
    public void Experiment_RunThatFails_IsReportedAndTheOthersGoOn()
    {
        File.WriteAllText(In("bad.jsonc"), Experiment.Replace("\"fromShare\": 0.5", "\"fromShare\": 0.5, \"set\": { \"corpus.paths\": [\"/nowhere\"] }"));
        CopyFolder(In("whole"), In("bad"));
        Directory.Delete(In("bad/runs/half"), recursive: true);
        CommandRun run = CommandRun.InProcess("experiment", In("bad.jsonc"), "--out", In("bad"), "--resume", "--jobs", "1");
        Assert.That(run.Code, Is.EqualTo(1), run.Error);
        Assert.That(run.Out, Does.Contain("half-seed-7: failed: corpus path '/nowhere' does not exist").And.Contain("1 of 2 runs finished"));
        Assert.That(File.ReadAllText(In("bad/tables.json")), Does.Contain("\"missing\": [\n    \"half-seed-7\"\n  ]"));
        Assert.That(File.ReadAllText(In("bad/state.json")), Does.Contain("\"status\": \"failed\""));
    }

    [Test]
    public void Experiment_Tables_AreMadeAgainFromTheFoldersAlone()
    {
        CopyFolder(In("whole"), In("moved"));
        foreach (string file in s_tables.Append("state.json"))
            File.Delete(In($"moved/{file}"));
        CommandRun run = CommandRun.InProcess("experiment", In("e.jsonc"), "--out", In("moved"), "--tables");
        Assert.That((run.Code, run.Error), Is.EqualTo((0, "")));
        Assert.That(s_tables.Select(file => File.ReadAllText(In($"moved/{file}"))), Is.EqualTo(s_tables.Select(file => File.ReadAllText(In($"whole/{file}")))));
    }

    [TestCase("--out|whole", "holds an experiment; go on with it by --resume")]
    [TestCase("--out|none|--resume", "holds no experiment to resume")]
    [TestCase("--jobs|0", "--jobs 0: at least 1 is needed")]
    [TestCase("--seeds|1,x", "--seeds 1,x: \"x\" is no seed")]
    [TestCase("--seeds|1,1", "a seed stands twice")]
    [TestCase("--out|none|--set|stages.mid.stebs=3", "did you mean \"steps\"?")]
    public void Experiment_WrongInput_IsRefusedInOneLine(string options, string message)
    {
        CommandRun run = CommandRun.InProcess(["experiment", In("e.jsonc"), .. options.Replace("whole", In("whole")).Replace("none", In("none")).Split('|')]);
        Assert.That((run.Code, run.Error.TrimEnd().Split('\n').Length), Is.EqualTo((2, 1)));
        Assert.That(run.Error, Does.Contain(message));
        Assert.That(Directory.Exists(In("none")), Is.False);
    }

    [Test]
    public void Experiment_DryRun_ListsTheRunsAndWritesNothing()
    {
        CommandRun run = CommandRun.InProcess("experiment", In("e.jsonc"), "--out", In("dry"), "--seeds", "100,101", "--dry-run");
        Assert.That(run.Out, Does.Contain("half-seed-101").And.Contain("after rmt-seed-101").And.Contain("4 runs"));
        Assert.That(Directory.Exists(In("dry")), Is.False);
    }

    // A killed experiment's run stops by itself when its input ends; until then its folder is in use.
    private static CommandRun Retried(Func<CommandRun> run)
    {
        CommandRun last = run();
        for (int i = 0; i < 20 && last.Code == 1; i++)
        {
            Thread.Sleep(200);
            last = run();
        }

        return last;
    }

    private static void CopyFolder(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            _ = Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    private string In(string path) => Path.Combine(_folder.FullName, path);
}
