using System.Text.Json;
using RlmEngine.Training;

namespace RlmEngine.Cli.Tests.Runs;

/// <summary>A model folder made elsewhere, small but with the real Qwen3 tokenizer: mid-trained on a user's own file, then every command on what came out.</summary>
[NonParallelizable]
public class FolderRunTests
{
    private const string Config = """
        {
          "architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "vocab_size": 151936, "hidden_size": 64, "intermediate_size": 96,
          "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16, "max_position_embeddings": 256,
          "rms_norm_eps": 1e-6, "rope_theta": 1000000, "tie_word_embeddings": true, "torch_dtype": "bfloat16", "initializer_range": 0.5,
          "bos_token_id": 151643, "eos_token_id": 151645, "a_field_of_its_own": [1, 2]
        }
        """;

    private const string Recipe = """
        {
          "name": "folder", "seed": 5,
          "corpus": { "paths": ["mine.jsonl"], "fields": ["question", "answer"], "heldOut": 0.3 },
          "model": { "checkpoint": "model" },
          "stages": [
            {
              "name": "mid", "method": "reinforce", "steps": 2, "prompts": 3, "groupSize": 3, "microBatchTokens": 512,
              "learningRate": { "peak": 1e-3 },
              "tasks": [
                {
                  "type": "nextToken", "maxThinkTokens": 6, "budget": { "initial": 5 },
                  "curriculum": { "documents": 6 }, "reward": { "match": "token" }
                }
              ]
            }
          ],
          "evaluation": { "nextTokenPerTier": 2, "lossDocuments": 2, "bootstrapSamples": 10, "sampling": { "temperature": 1 } },
          "checkpoints": { "every": 1, "keep": 1 }
        }
        """;

    private static readonly string[] s_tokenizerFiles = ["tokenizer.json", "tokenizer_config.json", "merges.txt"];
    private DirectoryInfo? _folder;

    private string Model => In("model");

    private string Checkpoint => In("run/checkpoints/step-000002");

    [OneTimeSetUp]
    public void Train()
    {
        string tokenizer = SharedData.PathOf("tokenizers/qwen3");
        _folder = Directory.CreateTempSubdirectory("rlm-folder-");
        _ = Directory.CreateDirectory(In("source"));
        File.WriteAllText(In("source/config.json"), Config);
        foreach (string file in s_tokenizerFiles)
            File.WriteAllBytes(In($"source/{file}"), File.ReadAllBytes(Path.Combine(tokenizer, file)));
        File.WriteAllLines(In("mine.jsonl"), Enumerable.Range(0, 30).Select(i =>
            JsonSerializer.Serialize(new Dictionary<string, string> { ["question"] = $"What is {i} plus {i}, in words? é", ["answer"] = $"It is {2 * i}." })));
        File.WriteAllText(In("recipe.jsonc"), Recipe.Replace("mine.jsonl", In("mine.jsonl")).Replace("\"model\" }", $"\"{Model}\" }}"));
        Done("create", In("source"), "--out", Model, "--seed", "3");
        Done("train", In("recipe.jsonc"), "--out", In("run"));
    }

    [OneTimeTearDown]
    public void Remove() => _folder?.Delete(recursive: true);

    [Test]
    public void Train_FromAFolder_WritesAFolderWithItsTokenizerAndFields()
    {
        foreach (string file in s_tokenizerFiles)
            Assert.That(File.ReadAllBytes(Path.Combine(Checkpoint, file)), Is.EqualTo(File.ReadAllBytes(Path.Combine(Model, file))), file);
        JsonElement before = Json(Path.Combine(Model, "config.json")), after = Json(Path.Combine(Checkpoint, "config.json"));
        foreach (JsonProperty field in before.EnumerateObject().Where(field => field.Name is not ("torch_dtype" or "dtype")))
            Assert.That(after.GetProperty(field.Name).GetRawText(), Is.EqualTo(field.Value.GetRawText()), field.Name);
        RunSummary summary = WholeRun.SummaryOf(In("run"));
        Assert.That((summary.Steps, summary.MaxLogProbMismatch), Is.EqualTo((2L, 0.0)));
        Assert.That(summary.NextToken!.After!.Count, Is.EqualTo(6));
    }

    [Test]
    public void Train_FromItsOwnCheckpoint_GoesOn()
    {
        CommandRun run = Done("train", In("recipe.jsonc"), "--out", In("again"), "--set", $"model.checkpoint={Checkpoint}", "--set", "stages.mid.steps=1");
        Assert.That(run.Out, Does.Contain("vocabulary 151936"));
        Assert.That(WholeRun.SummaryOf(In("again")).WeightsSha256, Is.Not.EqualTo(WholeRun.SummaryOf(In("run")).WeightsSha256));
    }

    [Test]
    public void Evaluate_Score_AndSample_WorkOnModelAndCheckpoint([Values] bool isCheckpoint)
    {
        string folder = isCheckpoint ? Checkpoint : Model;
        string[] recipe = isCheckpoint ? [] : ["--recipe", In("recipe.jsonc")];
        Assert.That(Done(["evaluate", folder, .. recipe]).Out, Does.Contain("\"count\": 6"));
        Assert.That(Done(["score", folder, .. recipe]).Out, Does.Match("^6 documents, \\d+ positions"));
        string[] sample = ["sample", folder, "--prompt", "What is <think>", "--count", "40", "--max-tokens", "30", "--seed", "2"];
        Assert.That(Done(sample).Out, Is.Not.Empty.And.EqualTo(Done([.. sample, "--threads", "1"]).Out));
    }

    [Test]
    public void Inspect_ModelAndCheckpoint_SayTheSameShape()
    {
        CommandRun model = Done("inspect", Model), checkpoint = Done("inspect", Checkpoint);
        const string parameters = "parameters  9,785,728 (embedding 9,723,904, output head tied, non-embedding 61,824)";
        Assert.That(model.Out, Does.Contain(parameters).And.Contain("151,669 ids (267 rows of the model beyond them)").And.Contain("BF16"));
        Assert.That(checkpoint.Out, Does.Contain(parameters).And.Contain("151,669 ids (267 rows of the model beyond them)").And.Contain("all verified"));
        Assert.That(checkpoint.Out, Does.Contain("stop").And.Contain("<|im_end|>").And.Contain("thinkClose </think>").And.Contain("chat        qwen3"));
    }

    [Test]
    public void DryRun_OfTheSameRecipe_PlansItAndWritesNothing()
    {
        string[] before = Directory.GetFileSystemEntries(_folder!.FullName);
        JsonElement plan = JsonDocument.Parse(Done("train", In("recipe.jsonc"), "--dry-run", "--json", "--out", In("none")).Out).RootElement;
        Assert.That(plan.GetProperty("parameters").GetProperty("total").GetInt64(), Is.EqualTo(9_785_728));
        Assert.That(plan.GetProperty("stages")[0].GetProperty("atMost").GetProperty("rollouts").GetDouble(), Is.EqualTo(18));
        Assert.That(plan.GetProperty("fitsMemory").GetBoolean());
        Assert.That(Directory.GetFileSystemEntries(_folder.FullName), Is.EqualTo(before));
    }

    private string In(string name) => Path.Combine(_folder!.FullName, name);

    private static JsonElement Json(string path) => JsonDocument.Parse(File.ReadAllBytes(path)).RootElement;

    private static CommandRun Done(params string[] line)
    {
        CommandRun run = CommandRun.InProcess(line);
        Assert.That((run.Code, run.Error), Is.EqualTo((0, "")), string.Join(' ', line));
        return run;
    }
}
