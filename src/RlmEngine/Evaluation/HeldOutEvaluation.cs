using RlmEngine.Corpus;
using RlmEngine.Curriculum;
using RlmEngine.Kernels.Rollout;
using RlmEngine.Losses;
using RlmEngine.Policies;
using RlmEngine.Rewards;
using RlmEngine.Rollouts;
using RlmEngine.Tasks;
using RlmEngine.Tokenization;

namespace RlmEngine.Evaluation;

/// <summary>Evaluates policies on held-out documents: loss, next-token accuracy by tier with and without thinking, restoration.</summary>
/// <remarks>
/// Positions and spans are chosen once, from the held-out documents as the model that measures difficulty scored them, so that all
/// policies answer the same questions. Format failures count as wrong.
/// </remarks>
public sealed class HeldOutEvaluation
{
    private const int WindowRows = 16_384;
    private const int PositionsAtOnce = 64;
    private readonly ITokenizer _tokenizer;
    private readonly EvaluationOptions _options;
    private readonly ulong _seed;
    private readonly int[][] _documents;

    /// <summary>Reads the held-out documents.</summary>
    /// <param name="corpus">The corpus.</param>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="options">How much is evaluated.</param>
    /// <param name="seed">The run's seed.</param>
    /// <exception cref="InvalidDataException">No document is held out.</exception>
    public HeldOutEvaluation(ICorpus corpus, ITokenizer tokenizer, EvaluationOptions options, ulong seed)
    {
        (_tokenizer, _options, _seed) = (tokenizer, options, seed);
        int most = Math.Max(options.LossDocuments, Math.Max(options.NextTokenPerTier, options.Restorations));
        _documents = [.. corpus.Read(CorpusSplit.HeldOut).Take(most).Select(d => TokenizedDocuments.Encode(tokenizer, d))];
        if (_documents.Length == 0)
            throw new InvalidDataException("corpus: no document is held out for evaluation; add documents or raise corpus.heldOut");
    }

    /// <summary>The held-out documents as token ids, each with its beginning marker.</summary>
    public IReadOnlyList<int[]> Documents => _documents;

    /// <summary>Mean teacher-forced loss, nats per token, over windows of the policy's context.</summary>
    public double Loss(IPolicy policy)
    {
        IEnumerable<DocumentWindow> windows = _documents.Take(_options.LossDocuments)
            .SelectMany(d => Windows(d, policy.ContextLength));
        double sum = 0;
        long count = 0;
        foreach (MicroBatch batch in TokenBatchBuilder.MicroBatches(windows, WindowRows))
        {
            var logProbs_M = new float[batch.Tokens.TargetCount];
            policy.Score(batch.Tokens, logProbs_M, new float[logProbs_M.Length]);
            foreach (float logProb in logProbs_M)
                sum -= logProb;
            count += logProbs_M.Length;
        }
        return count == 0 ? double.NaN : sum / count;
    }

    /// <summary>Accuracy after thinking: completions of each position's prompt, scored by the task's match reward as right (1) or not.</summary>
    /// <param name="generator">On the policy that is evaluated.</param>
    /// <param name="task">Makes and scores prompts.</param>
    /// <param name="asked">Held-out positions with their tiers.</param>
    /// <param name="budget">B that the prompts carry, 0 for none.</param>
    /// <param name="items">Takes every answer.</param>
    public TierAccuracy Think(
        RolloutGenerator generator, NextTokenTask task, HeldOutPositions asked, int budget, ICollection<EvaluationItem>? items = null)
    {
        if (asked.Positions.Count == 0)
            return TierScoring.Of([], [], _options.BootstrapSamples, _seed);
        RolloutBatch rollouts = generator.Generate(
            [.. asked.Positions.Select(p => task.At(asked.Pool.Document(p.Document), p.Position, p.Tier, budget))],
            _options.Samples, _options.Sampling.ToParameters(), _options.Sampling.MaxRows,
            new PhiloxCounter(RandomPurpose.Evaluation, 0, 0, 0, 0));
        RewardBatch rewards = task.Score(rollouts);
        new ItemRecorder(_tokenizer, items).Add("nextToken", rollouts, rewards, i => rewards.Match_PG[i] > 0.5);
        double[] right_P = [.. rewards.Match_PG.Chunk(_options.Samples).Select(group => group.Average())];
        return TierScoring.Of(asked.Positions, right_P, _options.BootstrapSamples, _seed) with
        {
            MeanThinkTokens = rollouts.Completions.Average(c => c.ThinkLength),
            FormatFailures = rollouts.Completions.Average(c => c.IsWellFormed ? 0.0 : 1.0),
        };
    }

    /// <summary>Accuracy by argmax without thinking at the same positions, the document before each as far as the context holds it.</summary>
    public TierAccuracy Direct(IPolicy policy, HeldOutPositions asked, ICollection<EvaluationItem>? items = null)
    {
        var right_P = new double[asked.Positions.Count];
        for (int first = 0; first < right_P.Length; first += PositionsAtOnce)
        {
            int count = Math.Min(PositionsAtOnce, right_P.Length - first);
            TokenBatch batch = PrefixBatch([.. asked.Positions.Skip(first).Take(count)], asked.Pool, policy.ContextLength);
            var argmax_M = new int[count];
            policy.Score(batch, new float[count], new float[count], argmax_M);
            for (int i = 0; i < count; i++)
                right_P[first + i] = argmax_M[i] == batch.Targets_M[i] ? 1 : 0;
        }
        new ItemRecorder(_tokenizer, items).AddDirect(asked, right_P);
        return TierScoring.Of(asked.Positions, right_P, _options.BootstrapSamples, _seed);
    }

    private static TokenBatch PrefixBatch(IReadOnlyList<DrawnPosition> positions, PositionPool pool, int contextLength)
    {
        var tokens = new List<int>();
        var segments = new Segment[positions.Count];
        for (int i = 0; i < segments.Length; i++)
        {
            int shown = Math.Min(positions[i].Position, contextLength);
            segments[i] = new Segment(tokens.Count, shown);
            tokens.AddRange(pool.Document(positions[i].Document).AsSpan(positions[i].Position - shown, shown));
        }
        return new TokenBatch
        {
            Tokens_N = [.. tokens],
            Segments_S = segments,
            TargetRows_M = [.. segments.Select(segment => segment.Start + segment.Length - 1)],
            Targets_M = [.. positions.Select(p => pool.Document(p.Document)[p.Position])],
            Temperatures_M = [.. positions.Select(_ => 1f)],
        };
    }

    /// <summary>Restoration of one removed span in each held-out document.</summary>
    public RestorationScore Restore(
        RolloutGenerator generator, SpanRestorationTask task, int budget, ICollection<EvaluationItem>? items = null)
    {
        var prompts = new List<Prompt>();
        for (int d = 0; d < _documents.Length && prompts.Count < _options.Restorations; d++)
        {
            var random = new PhiloxStream(_seed, new PhiloxCounter(RandomPurpose.Evaluation, 1, (uint)d, 0, 0));
            if (task.Corrupt(_documents[d], budget, ref random) is { } prompt)
                prompts.Add(prompt);
        }
        if (prompts.Count == 0)
            return new RestorationScore();
        RolloutBatch rollouts = generator.Generate(
            prompts, _options.Samples, _options.Sampling.ToParameters(), _options.Sampling.MaxRows,
            new PhiloxCounter(RandomPurpose.Evaluation, 2, 0, 0, 0));
        RewardBatch rewards = task.Score(rollouts);
        new ItemRecorder(_tokenizer, items).Add("restoration", rollouts, rewards, i => IsExact(rollouts, i));
        double[] match_P = [.. rewards.Match_PG.Chunk(_options.Samples).Select(group => group.Average())];
        return new RestorationScore
        {
            Score = match_P.Average(),
            Exact = Enumerable.Range(0, rollouts.Completions.Count).Average(i => IsExact(rollouts, i) ? 1.0 : 0.0),
            Interval = IntervalOf(match_P),
            Count = prompts.Count,
            MeanThinkTokens = rollouts.Completions.Average(c => c.ThinkLength),
            FormatFailures = rollouts.Completions.Average(c => c.IsWellFormed ? 0.0 : 1.0),
        };
    }

    /// <summary>Share of problems answered rightly after thinking, with pass@k over the samples of each.</summary>
    public ProblemScore Solve(
        RolloutGenerator generator, VerifiableAnswerTask task, IReadOnlyList<Prompt> prompts, ICollection<EvaluationItem>? items = null) =>
        Solve(generator, task, prompts, _options.Samples, _options.Sampling, items);

    /// <summary>The same without a thought, by argmax.</summary>
    public ProblemScore SolveDirectly(
        RolloutGenerator generator, VerifiableAnswerTask task, IReadOnlyList<Prompt> prompts, ICollection<EvaluationItem>? items = null) =>
        Solve(generator, task, prompts, 1, _options.Sampling with { Temperature = 0 }, items);

    private ProblemScore Solve(
        RolloutGenerator generator, VerifiableAnswerTask task, IReadOnlyList<Prompt> prompts, int samples, SamplingOptions sampling,
        ICollection<EvaluationItem>? items)
    {
        if (prompts.Count == 0)
            return new ProblemScore();
        RolloutBatch rollouts = generator.Generate(
            prompts, samples, sampling.ToParameters(), sampling.MaxRows, new PhiloxCounter(RandomPurpose.Evaluation, 4, 0, 0, 0));
        RewardBatch rewards = task.Score(rollouts);
        new ItemRecorder(_tokenizer, items).Add("problem", rollouts, rewards, i => rewards.Match_PG[i] > 0.5);
        int[] right_P = [.. rewards.Match_PG.Chunk(samples).Select(group => group.Count(match => match > 0.5))];
        return ProblemScore.Of(rollouts, right_P) with { Interval = IntervalOf([.. right_P.Select(right => right / (double)samples)]) };
    }

    private double[]? IntervalOf(double[] match_P)
    {
        if (_options.BootstrapSamples == 0)
            return null;
        ConfidenceInterval interval = Bootstrap.Interval([.. match_P.Select(match => (double[])[match])], _options.BootstrapSamples, _seed);
        return [interval.Lower, interval.Upper];
    }

    private bool IsExact(RolloutBatch rollouts, int completion) =>
        rollouts.Completions[completion].Answer.SequenceEqual(rollouts.Prompts[completion / rollouts.GroupSize].Reference);

    private IEnumerable<DocumentWindow> Windows(int[] document, int length) =>
        DocumentPacker.Windows((int[])[.. document, _tokenizer.Special.End], length).Select(w => new DocumentWindow(w.Tokens_L));
}
