using System.Text;
using RlmEngine.Metrics;
using RlmEngine.Recipes;
using RlmEngine.Tasks;
using RlmEngine.Tokenization;
using RlmEngine.Training;

namespace RlmEngine.Transformer.Tests.Training;

/// <summary>A whole run small enough to be made many times: 6 steps of base, then 6 of RMT and RLM mixed two to one.</summary>
internal static class TinyRun
{
    public const int Steps = 12;

    public const string Text = """
        {
          "name": "tiny", "seed": 3, "threads": 1,
          "corpus": { "heldOut": 0.2, "world": { "documents": 60 } },
          "tokenizer": { "vocabularySize": 280, "trainBytes": 20000 },
          "model": {
            "hiddenSize": 16, "layers": 1, "heads": 2, "keyValueHeads": 1, "headSize": 8, "intermediateSize": 24,
            "contextLength": 96, "initializerRange": 0.1
          },
          "stages": [
            {
              "name": "base", "method": "ntp", "steps": 6, "documentTokens": 400, "thoughtShare": 0.6, "microBatchTokens": 256,
              "learningRate": { "peak": 0.05, "warmupSteps": 2, "schedule": "cosine" }
            },
            {
              "name": "mid", "method": "reinforce", "steps": 6, "prompts": 6, "groupSize": 4, "documentTokens": 100,
              "microBatchTokens": 512, "learningRate": { "peak": 0.01, "schedule": "linear" },
              "tasks": [
                {
                  "type": "nextToken", "weight": 2, "maxThinkTokens": 24, "budget": { "initial": 20, "decay": 0.3 },
                  "curriculum": { "documents": 12 }, "reward": { "match": "token", "lengthWeight": 0.4 }
                },
                {
                  "type": "spanRestoration", "weight": 1, "maxThinkTokens": 8, "maxAnswerTokens": 8, "maxSpanTokens": 4,
                  "wholeWords": false, "reward": { "match": "editSimilarity" }
                }
              ]
            }
          ],
          "evaluation": { "nextTokenPerTier": 4, "restorations": 4, "lossDocuments": 4, "lossEvery": 4, "bootstrapSamples": 20 },
          "checkpoints": { "every": 2, "keep": 2 }
        }
        """;

    public static Recipe Recipe(params string[] overrides) => RecipeReader.Parse(Encoding.UTF8.GetBytes(Text), "tiny.jsonc", overrides);

    /// <summary>A run's parts around a new policy, without a run folder.</summary>
    public static RunContext Open(Recipe recipe, Func<TransformerPolicy, Policies.IPolicy>? decorate = null)
    {
        ByteLevelBpe tokenizer = RunAssembly.TrainTokenizer(recipe, RunAssembly.OpenCorpus(recipe), RunAssembly.OpenWorld(recipe));
        var policy = (TransformerPolicy)new TransformerPolicyFactory().Create(recipe.Model, tokenizer.VocabularySize, recipe.Seed);
        return RunAssembly.OpenContext(recipe, tokenizer, decorate?.Invoke(policy) ?? policy);
    }

    /// <summary>The two tasks of the middle stage, in the recipe's order.</summary>
    public static IReadOnlyList<ITask> Tasks(RunContext context, string folder) =>
        [.. context.Recipe.Stages[1].Tasks.Select((task, t) => RunAssembly.OpenTask(context, task, Path.Combine(folder, $"{t}.bin")))];

    /// <summary>Runs to the end without a stop.</summary>
    public static FinishedRun Finish(Recipe recipe, string folder)
    {
        using (RunFolder run = RunFolder.Create(folder, recipe))
            Assert.That(Continue(recipe, run, new StepWatch()), Is.True);
        return FinishedRun.Read(folder);
    }

    /// <summary>Goes on until the end or a stop, and lets the watch go.</summary>
    /// <returns>True at the end.</returns>
    public static bool Continue(Recipe recipe, RunFolder folder, StepWatch watch)
    {
        using StepWatch ended = watch;
        using MidTrainingRun run = MidTrainingRun.Open(recipe, folder, new TransformerPolicyFactory(), watch);
        try
        {
            run.Execute(watch.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        catch (CrashException)
        {
            return false;
        }
    }
}

/// <summary>Stops a run after the steps it is told: by asking, as Ctrl-C does, or by a crash between metrics line and checkpoint.</summary>
internal sealed class StepWatch(Func<int, bool>? interrupts = null, Func<int, bool>? crashes = null, Func<string, bool>? interruptsAtNote = null)
    : IRunProgress, IDisposable
{
    private readonly CancellationTokenSource _source = new();

    public List<int> Steps { get; } = [];

    public List<StepMetrics> Metrics { get; } = [];

    public CancellationToken Token => _source.Token;

    public void StepDone(RunStep step)
    {
        Steps.Add(step.Step);
        Metrics.Add(step.Metrics);
        if (crashes?.Invoke(step.Step) == true)
            throw new CrashException();
        if (interrupts?.Invoke(step.Step) == true)
            _source.Cancel();
    }

    public void WorkDone(string what, long done, long total)
    {
    }

    public void Note(string line)
    {
        if (interruptsAtNote?.Invoke(line) == true)
            _source.Cancel();
    }

    public void Dispose() => _source.Dispose();
}

/// <summary>What a killed process leaves, as far as one process can show it.</summary>
internal sealed class CrashException : Exception;
