#:project ../RlmEngine.Transformer/RlmEngine.Transformer.csproj
#:property PublishAot=false

// What `rlm train src/recipes/rmt-tiny.jsonc` does, written out on the engine's API; the weights end the same, bit for bit.
//     dotnet run -c Release src/recipes/RmtTiny.cs [path.to.field=value ...]

using RlmEngine.Advantages;
using RlmEngine.Corpus;
using RlmEngine.Curriculum;
using RlmEngine.Kernels.Rollout;
using RlmEngine.Losses;
using RlmEngine.Metrics;
using RlmEngine.Policies;
using RlmEngine.Recipes;
using RlmEngine.Rewards;
using RlmEngine.Rollouts;
using RlmEngine.Tasks;
using RlmEngine.Tokenization;
using RlmEngine.Training;
using RlmEngine.Transformer;

const int Stage = 1;
Recipe recipe = RecipeReader.Read("src/recipes/rmt-tiny.jsonc", args);
StageOptions rmt = recipe.Stages[Stage];
TaskOptions options = rmt.Tasks[0];

ICorpus corpus = RunAssembly.OpenCorpus(recipe);
ITokenizer tokenizer = RunAssembly.TrainTokenizer(recipe, corpus, RunAssembly.OpenWorld(recipe));
using IPolicy policy = new TransformerPolicyFactory().Create(recipe.Model, tokenizer.VocabularySize, recipe.Seed);
using RunContext run = RunAssembly.OpenContext(recipe, tokenizer, policy);

// The base model: next-token prediction.
using (var ntp = new NtpStage(run, recipe.Stages[0]))
{
    for (int step = 0; step < recipe.Stages[0].Steps; step++)
    {
        var metrics = new StepMetrics(step + 1);
        ntp.Step(step, metrics);
        Console.WriteLine($"base {step + 1}  loss {metrics.Number(MetricNames.LossTotal):F4}");
    }
}

// Difficulty: one teacher-forced pass gives every position its entropy, and the entropy its tier.
PositionPool pool = RunAssembly.ScoreTraining(run, options.Curriculum ?? new CurriculumOptions());
var nextToken = new NextTokenTask(pool, tokenizer, options, policy.ContextLength, new CompletionScorer(tokenizer, policy));
var tasks = new TaskMixture([nextToken], [options.Weight], recipe.Seed);
var learningRate = new LearningRate(rmt.LearningRate, rmt.Steps);
policy.ResetOptimizer();

for (int step = 0; step < rmt.Steps; step++)
{
    // P prompts; tier, token and budget B_t are decided here.
    IReadOnlyList<Prompt> prompts = tasks.Draw(rmt.Prompts, step, rmt.Steps, Stage, attempt: 0);
    // P x G completions, with the log-probs they were drawn at.
    var stream = new PhiloxCounter(RandomPurpose.Sampling, (uint)step, Prompt: Stage << 24, Rollout: 0, Position: 0);
    RolloutBatch rollouts = run.Generator.Generate(prompts, rmt.GroupSize, rmt.Sampling.ToParameters(), rmt.Sampling.MaxRows, stream);
    // Match, length and total.
    RewardBatch rewards = tasks.Score(rollouts);
    AdvantageBatch advantages = AdvantageBatch.Of(rewards, rmt.Advantage);
    // L_RL on the completions, L_NTP on every other token of their documents.
    List<TrainingItem> items =
    [
        .. CompletionGroup.FromRollouts(rollouts, advantages.Advantages_PG, (float)rmt.Sampling.Temperature),
        .. MaskedDocuments.Of(prompts, tokenizer.Special.End, policy.ContextLength),
    ];
    var objective = new GroupRelativeObjective(rmt.Objective, ObjectiveTotals.Of(items));
    LossReport loss = default;
    foreach (MicroBatch batch in TokenBatchBuilder.MicroBatches(items, rmt.MicroBatchTokens))
        loss += policy.Accumulate(batch.Tokens, batch.Records, objective);
    StepReport update = policy.Step(run.OptimizerAt(learningRate.At(step)));
    Console.WriteLine(
        $"rmt {step + 1}  reward {rewards.Total_PG.Average():F3}  loss {loss.Loss:F4}  think {rollouts.Completions.Average(c => c.ThinkLength):F1}"
        + $"  budget {prompts[0].Budget}  gradient {update.GradientNorm:F3}");
}

string folder = Directory.CreateDirectory("runs/RmtTiny").FullName;
policy.SaveWeights(folder);
tokenizer.Save(folder);
Console.WriteLine($"model   {folder}");
Console.WriteLine($"weights {policy.WeightsHash()}");
