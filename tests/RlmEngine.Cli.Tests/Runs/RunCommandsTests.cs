using System.Globalization;
using System.Text.RegularExpressions;
using RlmEngine.Training;

namespace RlmEngine.Cli.Tests.Runs;

/// <summary>Every command on the folder of a real run.</summary>
[NonParallelizable]
public class RunCommandsTests
{
    private static string Checkpoint => Path.Combine(WholeRun.Folder, "checkpoints", "step-000040");

    [Test]
    public void Train_WholeRun_SaysWhatHappened()
    {
        Assert.That(WholeRun.Result.Out, Does.Contain("training the tokenizer").And.Contain("6,464 parameters, vocabulary 280, context 96"));
        Assert.That(WholeRun.Result.Out, Does.Match(@"(?m)^base 1/20  loss \d").And.Match(@"(?m)^mid 20/20  loss .*reward .*think .*budget "));
        Assert.That(WholeRun.Result.Out, Does.Match("(?m)^before: held-out loss").And.Match("(?m)^after: held-out loss"));
        Assert.That(WholeRun.Result.Out, Does.Contain($"weights    {WholeRun.SummaryOf(WholeRun.Folder).WeightsSha256}"));
        Assert.That(WholeRun.Result.Out, Does.Contain("largest log-prob mismatch 0"));
        Assert.That(Directory.GetDirectories(Path.Combine(WholeRun.Folder, "checkpoints")).Select(Path.GetFileName).Order(),
            Is.EqualTo(new[] { "step-000039", "step-000040" }), "two are kept");
    }

    [Test]
    public void Evaluate_RunOrCheckpoint_GivesTheRunsOwnEvaluation([Values] bool isRun, [Values(1, 2)] int threads)
    {
        CommandRun run = CommandRun.InProcess("evaluate", isRun ? WholeRun.Folder : Checkpoint, "--threads", $"{threads}");
        Assert.That((run.Code, run.Error), Is.EqualTo((0, "")));
        Assert.That(run.Out.TrimEnd(), Is.EqualTo(File.ReadAllText(Path.Combine(WholeRun.Folder, "state", "evaluation-after.json"))));
    }

    [Test]
    public void Evaluate_WithOtherSettings_MakesQuestionsOfItsOwnAndLeavesTheRunsAlone()
    {
        string state = Path.Combine(WholeRun.Folder, "state", "positions-heldout.bin");
        byte[] before = File.ReadAllBytes(state);
        CommandRun run = CommandRun.InProcess("evaluate", WholeRun.Folder, "--set", "evaluation.nextTokenPerTier=2", "--set", "evaluation.restorations=0");
        Assert.That((run.Code, run.Error), Is.EqualTo((0, "")));
        Assert.That(run.Out, Does.Contain("\"count\": 6").And.Not.Contain("restoration"));
        Assert.That(File.ReadAllBytes(state), Is.EqualTo(before));
    }

    [Test]
    public void Evaluate_CheckpointOutsideARun_NeedsARecipe()
    {
        string copy = Path.Combine(Path.GetDirectoryName(WholeRun.Folder)!, "copy");
        Directory.CreateDirectory(copy);
        foreach (string file in Directory.GetFiles(Checkpoint))
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)), overwrite: true);
        CommandRun bare = CommandRun.InProcess("evaluate", copy);
        Assert.That(bare.Code, Is.EqualTo(2));
        Assert.That(bare.Error, Does.Contain("stands in no run folder").And.Contain("--recipe"));
        CommandRun given = CommandRun.InProcess("evaluate", copy, "--recipe", WholeRun.Recipe);
        Assert.That((given.Code, given.Error), Is.EqualTo((0, "")));
        Assert.That(given.Out, Does.Contain($"\"heldOutLoss\": {WholeRun.SummaryOf(WholeRun.Folder).HeldOutLoss.After!.Value.ToString("R", CultureInfo.InvariantCulture)}"));
    }

    [Test]
    public void Sample_Run_GivesTheSameCompletionsForAnyThreads()
    {
        string[] line = ["sample", WholeRun.Folder, "--prompt", "box", "--count", "5", "--max-tokens", "20", "--seed", "4"];
        CommandRun one = CommandRun.InProcess([.. line, "--threads", "1"]), two = CommandRun.InProcess([.. line, "--threads", "2"]);
        Assert.That((one.Code, one.Error), Is.EqualTo((0, "")));
        Assert.That(two, Is.EqualTo(one));
        Assert.That(one.Out.Split('\n'), Has.Length.GreaterThan(5));
        Assert.That(CommandRun.InProcess(["sample", WholeRun.Folder, "--prompt", "box", "--count", "5", "--max-tokens", "20", "--seed", "5"]).Out, Is.Not.EqualTo(one.Out));
        CommandRun half = CommandRun.InProcess([.. line, "--compute", "bfloat16"]);
        Assert.That(half.Code, Is.Zero, half.Error);
        Assert.That(half.Out, Is.Not.EqualTo(one.Out), "rounded weights draw other tokens somewhere among these");
        Assert.That(CommandRun.InProcess([.. line, "--compute", "float32"]).Out, Is.EqualTo(one.Out));
    }

    [Test]
    public void Sample_Greedy_RepeatsItself()
    {
        CommandRun run = CommandRun.InProcess("sample", WholeRun.Folder, "--prompt", "The ", "--count", "2", "--max-tokens", "12", "--temperature", "0");
        Assert.That(run.Code, Is.Zero);
        string text = run.Out[..(run.Out.Length / 2)];
        Assert.That(run.Out, Is.EqualTo(text + text));
    }

    [Test]
    public void Sample_Chat_ReadsThePromptAsTheTemplateWritesIt()
    {
        string[] line = ["sample", WholeRun.Folder, "--count", "3", "--max-tokens", "12"];
        CommandRun chat = CommandRun.InProcess([.. line, "--prompt", "hi", "--chat", "deepseek-r1", "--no-think"]);
        Assert.That((chat.Code, chat.Error), Is.EqualTo((0, "")));
        // The template begins with the token that a plain prompt is given anyway.
        Assert.That(chat, Is.EqualTo(CommandRun.InProcess([.. line, "--prompt", "<｜User｜>hi<｜Assistant｜><think>\n\n</think>\n\n"])));
        CommandRun auto = CommandRun.InProcess([.. line, "--prompt", "hi", "--chat", "auto"]);
        Assert.That(auto, Is.EqualTo(CommandRun.InProcess([.. line, "--prompt", "hi"])), "the run's tokenizer names no template");
    }

    [Test]
    public void Sample_UnknownChat_NamesTheTemplates()
    {
        CommandRun run = CommandRun.InProcess("sample", WholeRun.Folder, "--prompt", "x", "--chat", "qwen4");
        Assert.That((run.Code, run.Error.Contains("--chat: qwen4 is not possible; auto, plain, qwen2.5", StringComparison.Ordinal)), Is.EqualTo((2, true)));
    }

    [Test]
    public void Sample_PromptLongerThanTheContext_IsRefused()
    {
        CommandRun run = CommandRun.InProcess("sample", WholeRun.Folder, "--prompt", new string('x', 90), "--max-tokens", "20");
        Assert.That((run.Code, run.Out), Is.EqualTo((2, "")));
        Assert.That(run.Error, Does.Contain("exceed the model's context of 96"));
    }

    [Test]
    public void Score_Run_PrintsTiersThatAddUp()
    {
        CommandRun run = CommandRun.InProcess("score", WholeRun.Folder);
        Assert.That((run.Code, run.Error), Is.EqualTo((0, "")));
        Match head = Regex.Match(run.Out, @"^12 documents, (\d+) positions; tiers by quantile, cut at (\d\.\d+) and (\d\.\d+) nats");
        Assert.That(head.Success, run.Out);
        int[] counts = [.. Regex.Matches(run.Out, @"(?m)^(?:easy|medium|hard) +(\d+) ").Select(m => int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture))];
        Assert.That(counts, Has.Length.EqualTo(3));
        int all = int.Parse(head.Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.That(counts.Sum(), Is.EqualTo(all));
        Assert.That(counts[0], Is.EqualTo(all * 0.5).Within(2), "half of the positions lie below the median");
    }

    [Test]
    public void Inspect_Run_ShowsModelAndPlace()
    {
        CommandRun run = CommandRun.InProcess("inspect", WholeRun.Folder);
        Assert.That((run.Code, run.Error), Is.EqualTo((0, "")));
        Assert.That(run.Out, Does.Contain("step        40 (stage mid, 0 steps into stage 2)").And.Contain("all verified"));
        Assert.That(run.Out, Does.Contain($"sha256 {WholeRun.SummaryOf(WholeRun.Folder).WeightsSha256}"));
        Assert.That(run.Out, Does.Contain("6464 parameters").And.Contain("hidden 16").And.Contain("counter     tokens ="));
    }

    [Test]
    public void Report_Run_IsWrittenWhereItIsSaid()
    {
        string file = Path.Combine(Path.GetDirectoryName(WholeRun.Folder)!, "my report.html");
        CommandRun run = CommandRun.InProcess("report", WholeRun.Folder, "--out", file);
        Assert.That((run.Code, run.Error, run.Out.TrimEnd()), Is.EqualTo((0, "", file)));
        Assert.That(File.ReadAllText(file), Does.Contain("<svg").And.Contain("tiny"));
        Assert.That(File.Exists(Path.Combine(WholeRun.Folder, "report.html")), "train wrote one by itself");
    }

    [Test]
    public void Kernels_SaysWhatTheMachineHas()
    {
        CommandRun run = CommandRun.InProcess("kernels");
        Assert.That((run.Code, run.Error), Is.EqualTo((0, "")));
        Assert.That(run.Out, Does.Match(@"(?m)^cores +\d+").And.Match(@"(?m)^vectors +(128|256|512) bits").And.Match(@"(?m)^backends +cpu"));
    }

    [Test]
    public void Summary_OfTheRun_AgreesWithItsMetrics()
    {
        RunSummary summary = WholeRun.SummaryOf(WholeRun.Folder);
        Assert.That((summary.Recipe, summary.Steps, summary.Seed, summary.Threads, summary.Parameters), Is.EqualTo(("tiny", 40L, 3UL, 1, 6464L)));
        Assert.That(summary.MaxLogProbMismatch, Is.Zero);
        Assert.That(summary.HeldOutLoss.After, Is.LessThan(summary.HeldOutLoss.First!.Value));
        Assert.That(summary.NextToken!.After!.Count, Is.EqualTo(12));
        Assert.That(summary.NextToken.AfterDirect!.Average, Is.InRange(0, 1));
        Assert.That(summary.Restoration!.After!.Count, Is.EqualTo(4));
        Assert.That(summary.RolloutTokensPerSecond, Is.GreaterThan(0));
        Assert.That(summary.TrainTokensPerSecond, Is.GreaterThan(0));
        Assert.That(summary.PeakMemoryBytes, Is.GreaterThan(1 << 20));
    }
}
