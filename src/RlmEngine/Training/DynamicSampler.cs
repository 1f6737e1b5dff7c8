using RlmEngine.Kernels.Rollout;
using RlmEngine.Recipes;
using RlmEngine.Rewards;
using RlmEngine.Rollouts;

namespace RlmEngine.Training;

/// <summary>Draws prompts and completions, and draws again for groups whose rewards are all equal (DAPO's dynamic sampling).</summary>
/// <remarks>When the draws are used up, groups without variance fill the batch, so that its size never changes.</remarks>
internal sealed class DynamicSampler
{
    private readonly RunContext _context;
    private readonly StageOptions _options;
    private readonly TaskMixture _tasks;
    private readonly int _stage;

    public DynamicSampler(RunContext context, StageOptions options, TaskMixture tasks, int stage)
    {
        (_context, _options, _tasks, _stage) = (context, options, tasks, stage);
    }

    /// <summary>P groups of a step, with rewards, and what was generated in all.</summary>
    public SampledGroups Draw(int step, PhaseClock clock)
    {
        bool isDynamic = _options.DynamicSampling.FromStep >= 0 && step >= _options.DynamicSampling.FromStep;
        var kept = new List<Group>();
        var spare = new List<Group>();
        int groups = 0;
        DecodingCounts counts = default;
        for (int attempt = 0; kept.Count < _options.Prompts && attempt < (isDynamic ? _options.DynamicSampling.MaxDraws : 1); attempt++)
        {
            (RolloutBatch rollouts, RewardBatch rewards) = Generate(step, attempt, clock);
            groups += rollouts.Prompts.Count;
            counts += rollouts.Counts;
            if (!isDynamic)
                return new SampledGroups(rollouts, rewards, groups, counts);
            for (int p = 0; p < rollouts.Prompts.Count; p++)
                (RolloutSelection.HasZeroVariance(rewards, p) ? spare : kept).Add(new Group(rollouts, rewards, p));
        }
        Group[] chosen = [.. kept.Concat(spare).Take(_options.Prompts)];
        var batch = new RolloutBatch([.. chosen.Select(g => g.Prompt)], _options.GroupSize, [.. chosen.SelectMany(g => g.Completions)]);
        return new SampledGroups(batch, RewardBatch.Of(batch, [.. chosen.SelectMany(g => g.Terms)]), groups, counts);
    }

    private (RolloutBatch Rollouts, RewardBatch Rewards) Generate(int step, int attempt, PhaseClock clock)
    {
        IReadOnlyList<Prompt> prompts = _tasks.Draw(_options.Prompts, step, _options.Steps, _stage, attempt);
        // Stages share the step word of the counter, so the stage's index goes into the prompt word's upper bits.
        var stream = new PhiloxCounter(
            RandomPurpose.Sampling, (uint)step, (uint)(_stage << 24) + (uint)(attempt * _options.Prompts), 0, 0);
        clock.Enter(Phase.Rollout);
        RolloutBatch rollouts = _context.Generator.Generate(
            prompts, _options.GroupSize, _options.Sampling.ToParameters(), _options.Sampling.MaxRows, stream);
        _context.Flops.AddRollouts(_context.Policy.Operations, rollouts);
        clock.Enter(Phase.Score);
        RewardBatch rewards = _tasks.Score(rollouts);
        clock.Enter(Phase.Other);
        return (rollouts, rewards);
    }

    private readonly record struct Group(RolloutBatch Rollouts, RewardBatch Rewards, int Index)
    {
        public Prompt Prompt => Rollouts.Prompts[Index];

        public IEnumerable<Rollout> Completions
        {
            get
            {
                (RolloutBatch rollouts, int index) = (Rollouts, Index);
                return Enumerable.Range(0, rollouts.GroupSize).Select(g => rollouts[index, g]);
            }
        }

        public IEnumerable<RewardTerms> Terms
        {
            get
            {
                (RolloutBatch rollouts, RewardBatch rewards, int index) = (Rollouts, Rewards, Index);
                return Enumerable.Range(index * rollouts.GroupSize, rollouts.GroupSize)
                    .Select(i => RolloutSelection.TermsAt(rollouts, rewards, i));
            }
        }
    }
}

/// <summary>The groups a step trains on, and the cost of finding them.</summary>
/// <param name="Rollouts">P groups.</param>
/// <param name="Rewards">Their rewards.</param>
/// <param name="GroupsGenerated">Groups generated, those thrown away included.</param>
/// <param name="Counts">Tokens asked for and computed, for those thrown away too.</param>
internal readonly record struct SampledGroups(RolloutBatch Rollouts, RewardBatch Rewards, int GroupsGenerated, DecodingCounts Counts);
