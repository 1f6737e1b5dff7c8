using RlmEngine.Kernels;
using RlmEngine.Metrics;
using RlmEngine.Training;

namespace RlmEngine.Cli.Tests.Runs;

/// <summary>
/// Whole runs by the command line on each vector width, and on processors made to look like ones without AVX-512 or without AVX2 and FMA:
/// no mismatch of rollout and trainer, and the same bits for any threads, in each repetition, and on all widths.
/// </summary>
[NonParallelizable]
public class VectorWidthRunTests
{
    private const string NoAvx512 = "DOTNET_EnableAVX512=0";
    private const string NoAvx2 = "DOTNET_EnableAVX2=0";

    // Widths that are no multiple of any vector; a rollout's thoughts cross a page of keys.
    private const string Text = """
        {
          "name": "widths", "seed": 5,
          "corpus": { "heldOut": 0.2, "world": { "documents": 40 } },
          "tokenizer": { "vocabularySize": 270, "trainBytes": 8000 },
          "model": {
            "hiddenSize": 40, "layers": 2, "heads": 3, "keyValueHeads": 1, "headSize": 10, "intermediateSize": 70,
            "contextLength": 96, "initializerRange": 0.1
          },
          "stages": [
            { "name": "base", "method": "ntp", "steps": 3, "documentTokens": 300, "thoughtShare": 0.6, "learningRate": { "peak": 0.02 } },
            {
              "name": "mid", "method": "reinforce", "steps": 2, "prompts": 3, "groupSize": 4, "learningRate": { "peak": 0.01 },
              "tasks": [ { "type": "nextToken", "maxThinkTokens": 20, "curriculum": { "documents": 6 }, "reward": { "match": "token" } } ]
            }
          ],
          "evaluation": { "nextTokenPerTier": 1, "lossDocuments": 2, "lossEvery": 0, "bootstrapSamples": 5 }
        }
        """;

    // The runs that all others must equal, by what products read.
    private readonly Dictionary<string, string> _expected = [];
    private DirectoryInfo _folder = null!;

    private string Recipe => Path.Combine(_folder.FullName, "widths.jsonc");

    [OneTimeSetUp]
    public void Train()
    {
        _folder = Directory.CreateTempSubdirectory("rlm-widths-");
        File.WriteAllText(Recipe, Text);
        foreach (string compute in new[] { "float32", "bfloat16" })
        {
            _expected[compute] = Path.Combine(_folder.FullName, compute);
            CommandRun run = CommandRun.InProcess("train", Recipe, "--set", $"model.compute={compute}", "--out", _expected[compute]);
            Assert.That((run.Code, run.Error), Is.EqualTo((0, "")));
        }

        Assert.That(Weights(_expected["bfloat16"]), Is.Not.EqualTo(Weights(_expected["float32"])));
    }

    [OneTimeTearDown]
    public void Remove() => _folder.Delete(recursive: true);

    // The last takes the processor's multiply-add away too: the runtime computes it in software, to the same bits, slowly.
    [TestCase("RLM_VECTOR_WIDTH=512", 512, "float32", 1, 2, 2)]
    [TestCase("RLM_VECTOR_WIDTH=256", 256, "float32", 1, 2, 2)]
    [TestCase("RLM_VECTOR_WIDTH=128", 128, "float32", 1, 2, 2)]
    [TestCase("RLM_VECTOR_WIDTH=512", 512, "bfloat16", 2)]
    [TestCase("RLM_VECTOR_WIDTH=256", 256, "bfloat16", 2)]
    [TestCase("RLM_VECTOR_WIDTH=128", 128, "bfloat16", 2)]
    [TestCase(NoAvx512, 256, "float32", 1, 2)]
    [TestCase(NoAvx2, 128, "float32", 2)]
    public void Train_OnAWidth_HasNoMismatchAndTheBitsOfAllOthers(string setting, int width, string compute, params int[] threads)
    {
        if (setting is NoAvx512 or NoAvx2 && VectorWidth.Widest <= width)
            Assert.Ignore($"this processor has no vectors of more than {VectorWidth.Widest} bits that {setting} would take away");
        (string Folder, RlmProcess Process)[] runs =
        [
            .. threads.Select((count, i) => Start(setting, compute, count, Path.Combine(_folder.FullName, $"{setting} {compute} {i}"))),
        ];
        foreach ((string folder, RlmProcess process) in runs)
        {
            using RlmProcess ended = process;
            CommandRun run = ended.End();
            Assert.That((run.Code, run.Error), Is.EqualTo((0, "")));
            RunSummary summary = WholeRun.SummaryOf(folder);
            Assert.That(summary.Device, Is.EqualTo($"cpu, {width}-bit vectors"), "the setting was heard");
            Assert.That(summary.MaxLogProbMismatch, Is.Zero);
            Assert.That(RunSummary.ReadMetrics(folder)[^1].Number(MetricNames.TokensRollout), Is.Positive, "tokens were drawn to hold against");
            AssertSame(folder, _expected[compute]);
        }
    }

    private (string Folder, RlmProcess Process) Start(string setting, string compute, int threads, string folder)
    {
        string[] pair = setting.Split('=');
        Dictionary<string, string> environment = new() { [VectorWidth.Variable] = "", [pair[0]] = pair[1] };
        return (folder, new RlmProcess(
            environment, "train", Recipe, "--set", $"model.compute={compute}", "--threads", $"{threads}", "--out", folder));
    }

    private static string Weights(string folder) => WholeRun.SummaryOf(folder).WeightsSha256;

    private static void AssertSame(string folder, string expected)
    {
        Assert.That(Weights(folder), Is.EqualTo(Weights(expected)));
        foreach (string file in new[] { "rollouts.jsonl", "state/evaluation-first.json", "state/evaluation-before.json", "state/evaluation-after.json" })
            Assert.That(File.ReadAllText(Path.Combine(folder, file)), Is.EqualTo(File.ReadAllText(Path.Combine(expected, file))), file);
    }
}
