using RlmEngine.Kernels.Rollout;
using RlmEngine.Rewards;
using RlmEngine.Rollouts;
using RlmEngine.Tasks;

namespace RlmEngine.Training;

/// <summary>A stage's tasks, drawn by weight for each prompt; each prompt is scored by the task that made it.</summary>
public sealed class TaskMixture : IDisposable
{
    private readonly IReadOnlyList<ITask> _tasks;
    private readonly double[] _weights;
    private readonly ulong _seed;

    /// <summary>Takes the tasks and their weights.</summary>
    public TaskMixture(IReadOnlyList<ITask> tasks, IReadOnlyList<double> weights, ulong seed)
    {
        (_tasks, _weights, _seed) = (tasks, [.. weights], seed);
    }

    /// <summary>The tasks, in the recipe's order.</summary>
    public IReadOnlyList<ITask> Tasks => _tasks;

    /// <summary>Every task's place, as counters of a checkpoint.</summary>
    public IEnumerable<KeyValuePair<string, long>> Cursor => _tasks.SelectMany((task, t) => new KeyValuePair<string, long>[]
    {
        new($"task{t}.pass", task.Cursor.Pass), new($"task{t}.document", task.Cursor.Document),
    });

    /// <summary>Goes to the saved places.</summary>
    public void Restore(IReadOnlyDictionary<string, long> cursor)
    {
        for (int t = 0; t < _tasks.Count; t++)
            _tasks[t].Restore(new TaskCursor((int)cursor[$"task{t}.pass"], cursor[$"task{t}.document"]));
    }

    /// <summary>Draws a step's prompts.</summary>
    /// <param name="count">P.</param>
    /// <param name="step">Step of the stage.</param>
    /// <param name="totalSteps">Steps of the stage.</param>
    /// <param name="stage">Index of the stage, so that stages draw differently.</param>
    /// <param name="attempt">Which draw of the step (dynamic sampling).</param>
    public IReadOnlyList<Prompt> Draw(int count, int step, int totalSteps, int stage, int attempt)
    {
        var mixture = new PhiloxStream(_seed, new PhiloxCounter(RandomPurpose.Mixture, (uint)step, (uint)attempt, (uint)stage, 0));
        var counts = new int[_tasks.Count];
        for (int i = 0; i < count; i++)
            counts[Choose(mixture.NextDouble())]++;
        var prompts = new List<Prompt>(count);
        for (int t = 0; t < counts.Length; t++)
        {
            if (counts[t] == 0)
                continue;
            var random = new PhiloxStream(
                _seed, new PhiloxCounter(RandomPurpose.Task, (uint)step, (uint)attempt, (uint)(stage * 64 + t), 0));
            int task = t;
            prompts.AddRange(_tasks[t].Draw(counts[t], step, totalSteps, ref random).Select(prompt => prompt with { Task = task }));
        }
        return prompts;
    }

    /// <summary>Scores a batch, each prompt by its own task.</summary>
    public RewardBatch Score(RolloutBatch rollouts)
    {
        if (_tasks.Count == 1)
            return _tasks[0].Score(rollouts);
        var terms_PG = new RewardTerms[rollouts.Completions.Count];
        for (int t = 0; t < _tasks.Count; t++)
        {
            int[] own = [.. Enumerable.Range(0, rollouts.Prompts.Count).Where(p => rollouts.Prompts[p].Task == t)];
            if (own.Length == 0)
                continue;
            RolloutBatch part = RolloutSelection.Of(rollouts, own);
            RewardBatch rewards = _tasks[t].Score(part);
            for (int i = 0; i < own.Length * rollouts.GroupSize; i++)
                terms_PG[own[i / rollouts.GroupSize] * rollouts.GroupSize + i % rollouts.GroupSize] =
                    RolloutSelection.TermsAt(part, rewards, i);
        }
        return RewardBatch.Of(rollouts, terms_PG);
    }

    /// <summary>Disposes the tasks that can be.</summary>
    public void Dispose()
    {
        foreach (IDisposable task in _tasks.OfType<IDisposable>())
            task.Dispose();
    }

    private int Choose(double uniform)
    {
        double at = uniform * _weights.Sum();
        int chosen = 0;
        for (int t = 0; t < _weights.Length && at >= 0; t++)
        {
            // Rounding may leave a little at the end: it belongs to the last task that has a weight.
            if (_weights[t] > 0)
                chosen = t;
            at -= _weights[t];
        }
        return chosen;
    }
}
