using RlmEngine.Kernels.Rollout;
using RlmEngine.Rewards;
using RlmEngine.Rollouts;
using RlmEngine.Training;

namespace RlmEngine.Transformer.Tests.Training;

[TestFixture]
public class TaskMixtureTests
{
    [Test]
    public void Draw_ManySteps_RespectsTheWeights()
    {
        double[] weights = [1, 3, 0, 6];
        const int Count = 7, Steps = 800;
        TaskMixture mixture = new([.. weights.Select((_, t) => Task(t))], weights, seed: 11);
        var counts = new double[weights.Length];
        for (int step = 0; step < Steps; step++)
        {
            foreach (Prompt prompt in mixture.Draw(Count, step, Steps, stage: 1, attempt: 0))
                counts[prompt.Task]++;
        }

        Assert.That(counts.Sum(), Is.EqualTo(Count * Steps));
        Assert.That(counts[2], Is.Zero, "a weight of 0 is never drawn");
        double chiSquare = weights.Index().Where(w => w.Item > 0).Sum(w => Square(counts[w.Index] - Count * Steps * w.Item / 10) / (Count * Steps * w.Item / 10));
        Assert.That(chiSquare, Is.LessThan(27.63), "2 degrees of freedom, alpha 1e-6");
    }

    [Test]
    public void Draw_StepsAttemptsAndStages_NeverSeeTheSameNumbers()
    {
        TaskMixture mixture = new([Task(0), Task(1)], [1, 1], seed: 11);
        List<int> drawn = [];
        for (int step = 0; step < 5; step++)
        {
            for (int stage = 0; stage < 4; stage++)
            {
                for (int attempt = 0; attempt < 3; attempt++)
                    drawn.AddRange(mixture.Draw(4, step, 5, stage, attempt).Select(prompt => prompt.Reference[1]));
            }
        }

        // 240 numbers of 2^31: two equal by chance in 1.3e-5 of all seeds.
        Assert.That(drawn, Has.Count.EqualTo(240).And.Unique);
        int[] again = [.. mixture.Draw(4, 0, 5, 0, 0).Select(p => p.Reference[1])];
        Assert.That(again, Is.EqualTo(drawn[..4]), "and a step drawn again draws the same");
    }

    [Test]
    public void Score_MixedBatch_AsksEachPromptsOwnTask()
    {
        ScriptedTask[] tasks = [Task(0), Task(1), Task(2)];
        TaskMixture mixture = new(tasks, [1, 1, 1], seed: 5);
        int[] order = [2, 0, 0, 1, 2, 0];
        Prompt[] prompts = [.. order.Select((task, i) => Prompt(task, i) with { Task = task })];
        RolloutBatch rollouts = new(prompts, 3, [.. Enumerable.Range(0, 18).Select(i => Completion(i))]);
        RewardBatch rewards = mixture.Score(rollouts);
        Assert.That(rewards.Total_PG, Is.EqualTo(Enumerable.Range(0, 18).Select(i => 100.0 * order[i / 3] + 10 * (i % 3) + 0.001 * i)));
        Assert.That(tasks.Select(task => task.Scored.Single().Prompts.Count), Is.EqualTo(new[] { 3, 1, 2 }));
        Assert.That(tasks.SelectMany((task, t) => task.Scored[0].Prompts.Select(p => p.Task == t)), Is.All.True);
    }

    [Test]
    public void Score_TaskWithoutPrompts_IsNotAsked()
    {
        ScriptedTask[] tasks = [Task(0), Task(1)];
        TaskMixture mixture = new(tasks, [1, 1], seed: 5);
        mixture.Score(new RolloutBatch([Prompt(1, 0) with { Task = 1 }], 1, [Completion(4)]));
        Assert.That(tasks.Select(task => task.Scored.Count), Is.EqualTo(new[] { 0, 1 }));
    }

    private static double Square(double x) => x * x;

    private static ScriptedTask Task(int number) => new(
        (int count, int step, ref PhiloxStream random) =>
        {
            var prompts = new Prompt[count];
            for (int i = 0; i < count; i++)
                prompts[i] = Prompt(number, random.NextInt(int.MaxValue));
            return prompts;
        },
        (prompt, g, rollout) => 100.0 * number + 10 * g + 0.001 * rollout.Tokens_T[0] + (prompt.Reference[0] == number ? 0 : 1e6));

    private static Prompt Prompt(int task, int number) => new() { Tokens = [1], Reference = [task, number], Stop = default };

    private static Rollout Completion(int token) => new()
    {
        Tokens_T = [token],
        LogProbs_T = [-1],
        TruncatedLogProbs_T = [-1],
        Stop = StopReason.Answered,
        ThinkLength = 0,
        AnswerStart = 0,
        AnswerEnd = 1,
    };
}
