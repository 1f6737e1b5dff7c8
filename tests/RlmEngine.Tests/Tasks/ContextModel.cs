using RlmEngine.Kernels.Rollout;
using RlmEngine.Losses;
using RlmEngine.Policies;
using RlmEngine.Rollouts;
using RlmEngine.Tests.Rollouts;
using RlmEngine.Tokenization;

namespace RlmEngine.Tests.Tasks;

/// <summary>A policy given by its logits for each context, computed in double; it decodes greedily and does not learn.</summary>
internal sealed class ContextModel(int vocabularySize, int contextLength, Func<IReadOnlyList<int>, double[]> logits) : IPolicy
{
    public int Version => 0;

    public int ContextLength => contextLength;

    public int VocabularySize => vocabularySize;

    public long ParameterCount => 0;

    public int Forwards { get; private set; }

    public int LongestContext { get; private set; }

    /// <summary>A model that always expects one token: the one a rule names.</summary>
    public static ContextModel Argmax(int vocabularySize, int contextLength, Func<IReadOnlyList<int>, int> next) => new(
        vocabularySize, contextLength, context =>
        {
            var logits = new double[vocabularySize];
            logits[next(context)] = 20;
            return logits;
        });

    /// <summary>ln p of one token after a context.</summary>
    public double LogProb(IReadOnlyList<int> context, int token) => LogProbs(context)[token];

    public void Score(TokenBatch batch, Span<float> logProbs_M, Span<float> entropies_M, Span<int> argmax_M = default, int entropyTopK = 0)
    {
        Forwards++;
        for (int i = 0; i < batch.TargetCount; i++)
        {
            int row = batch.TargetRows_M[i];
            Segment segment = batch.Segments_S.Single(s => s.Start <= row && row < s.Start + s.Length);
            int[] context = [.. Past(batch, segment), .. batch.Tokens_N.AsSpan(segment.Start..(row + 1))];
            LongestContext = Math.Max(LongestContext, context.Length);
            double[] logProbs_V = LogProbs(context);
            logProbs_M[i] = (float)logProbs_V[batch.Targets_M[i]];
            entropies_M[i] = (float)-logProbs_V.Sum(logProb => Math.Exp(logProb) * logProb);
            if (!argmax_M.IsEmpty)
                argmax_M[i] = Most(logProbs_V);
        }
    }

    private static IEnumerable<int> Past(TokenBatch batch, Segment segment)
    {
        if (segment.Parent < 0)
            return [];
        Segment parent = batch.Segments_S[segment.Parent];
        return Past(batch, parent).Concat(batch.Tokens_N.Skip(parent.Start).Take(parent.Length)).Take(segment.ParentLength);
    }

    public IDecodingSession OpenSession(int maxRows, ulong seed) => new ScriptedSession(Greedy, maxRows, seed);

    public void Dispose()
    {
        // Holds nothing.
    }

    public LossReport Accumulate(TokenBatch batch, TargetRecords records, IObjective objective) => throw new NotSupportedException();

    public StepReport Step(OptimizerStep step) => throw new NotSupportedException();

    public void ResetOptimizer() => throw new NotSupportedException();

    public IPolicy Snapshot() => throw new NotSupportedException();

    public void SaveWeights(string folder, WeightType type = WeightType.Float32) => throw new NotSupportedException();

    public void SaveOptimizer(string folder, bool withWeights = false) => throw new NotSupportedException();

    public void LoadOptimizer(string folder) => throw new NotSupportedException();

    public string WeightsHash() => "";

    private SampledToken Greedy(IReadOnlyList<int> context, PhiloxCounter counter)
    {
        double[] logProbs_V = LogProbs(context);
        int token = Most(logProbs_V);
        return new SampledToken(token, (float)logProbs_V[token], (float)logProbs_V[token], true);
    }

    private double[] LogProbs(IReadOnlyList<int> context)
    {
        double[] logits_V = logits(context);
        double max = logits_V.Max();
        double normalizer = max + Math.Log(logits_V.Sum(x => Math.Exp(x - max)));
        return [.. logits_V.Select(x => x - normalizer)];
    }

    private static int Most(double[] logProbs_V) => Array.IndexOf(logProbs_V, logProbs_V.Max());
}
