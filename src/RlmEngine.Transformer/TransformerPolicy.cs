using CommunityToolkit.HighPerformance.Buffers;
using RlmEngine.Kernels.Dense;
using RlmEngine.Losses;
using RlmEngine.Policies;
using RlmEngine.Rollouts;
using RlmEngine.Tokenization;
using RlmEngine.Transformer.Planning;

namespace RlmEngine.Transformer;

/// <summary>A decoder-only transformer (Llama, Qwen2, Qwen3) on the CPU kernels: it decodes, scores and learns in single precision.</summary>
/// <remarks>
/// The log-prob of a drawn token equals, bit for bit, what <see cref="Score"/> and <see cref="Accumulate"/> compute for it at the same
/// version, for any batch and number of threads. Not thread-safe; its sessions use it too.
/// </remarks>
public sealed partial class TransformerPolicy : IPolicy
{
    private readonly ModelWeights _weights;
    private readonly DistinctTargets _targets = new();
    private readonly bool _isFrozen;
    private TrainingState? _training;

    private TransformerPolicy(ModelWeights weights, Rope rope, bool isFrozen)
    {
        _weights = weights;
        _isFrozen = isFrozen;
        Backbone = new Backbone(weights, rope);
    }

    /// <summary>The model's shape.</summary>
    public ModelConfig Config => _weights.Config;

    /// <inheritdoc/>
    public int Version { get; private set; }

    /// <inheritdoc/>
    public int ContextLength => Config.ContextLength;

    /// <inheritdoc/>
    public int VocabularySize => Config.VocabularySize;

    /// <inheritdoc/>
    public long ParameterCount => _weights.Layout.Length;

    /// <inheritdoc/>
    public ModelOperations Operations => FlopCount.OperationsOf(Config);

    /// <summary>Every tensor by name, in the order of <see cref="WeightsHash"/>.</summary>
    public IReadOnlyList<WeightTensor> Tensors => _weights.Layout.Tensors;

    internal Rope Rope => Backbone.Rope;

    /// <summary>The layers, whose memory sessions use too.</summary>
    internal Backbone Backbone { get; }

    /// <summary>What the model was loaded from, carried into its checkpoints; null for a model made here.</summary>
    internal ModelOrigin? Origin { get; private init; }

    private TrainingState Training => _isFrozen
        ? throw new InvalidOperationException("a snapshot of a policy cannot learn")
        : _training ??= new TrainingState(_weights.Layout);

    /// <summary>A new model with random weights: normal(0, InitializerRange), norms 1, biases 0.</summary>
    /// <param name="config">Its shape.</param>
    /// <param name="seed">The run's seed.</param>
    /// <exception cref="ArgumentException">The shape is impossible.</exception>
    public static TransformerPolicy Create(ModelConfig config, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(config);
        TransformerPolicy policy = Empty(config.Checked());
        WeightInitializer.Fill(policy._weights, seed);
        policy._weights.Follow();
        return policy;
    }

    /// <inheritdoc/>
    public void Score(TokenBatch batch, Span<float> logProbs_M, Span<float> entropies_M, Span<int> argmax_M = default, int entropyTopK = 0)
    {
        ArgumentNullException.ThrowIfNull(batch);
        _targets.Set(batch);
        ReadOnlySpan<float> hidden_NH = Backbone.Forward(batch, keepActivations: false);
        using SpanOwner<float> results = SpanOwner<float>.Allocate(2 * _targets.Count);
        using SpanOwner<int> argmax = SpanOwner<int>.Allocate(argmax_M.IsEmpty ? 0 : _targets.Count);
        Span<float> logProbs_U = results.Span[.._targets.Count], entropies_U = results.Span[_targets.Count..];
        LanguageHead.Forward(_weights.Head, _targets.Targets, hidden_NH, logProbs_U, entropies_U, argmax.Span, entropyTopK);
        _targets.Expand<float>(logProbs_U, logProbs_M[..batch.TargetCount]);
        _targets.Expand<float>(entropies_U, entropies_M[..batch.TargetCount]);
        if (!argmax_M.IsEmpty) _targets.Expand<int>(argmax.Span, argmax_M[..batch.TargetCount]);
        GC.KeepAlive(this);
    }

    /// <inheritdoc/>
    public LossReport Accumulate(TokenBatch batch, TargetRecords records, IObjective objective)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(objective);
        FloatBuffer gradients = Training.Gradients;
        _targets.Set(batch);
        int targets = batch.TargetCount, distinct = _targets.Count;
        using SpanOwner<float> results = SpanOwner<float>.Allocate(4 * (targets + distinct), AllocationMode.Clear);
        Part logProbs = new(results.Span, 0, targets, distinct), entropies = new(results.Span, 1, targets, distinct);
        Part dLogProbs = new(results.Span, 2, targets, distinct), dEntropies = new(results.Span, 3, targets, distinct);

        ReadOnlySpan<float> hidden_NH = Backbone.Forward(batch, keepActivations: true);
        LanguageHead.Forward(_weights.Head, _targets.Targets, hidden_NH, logProbs.Of_U, entropies.Of_U);
        _targets.Expand<float>(logProbs.Of_U, logProbs.Of_M);
        _targets.Expand<float>(entropies.Of_U, entropies.Of_M);
        LossReport report = objective.Evaluate(records, logProbs.Of_M, entropies.Of_M, dLogProbs.Of_M, dEntropies.Of_M);
        _targets.Sum(dLogProbs.Of_M, dLogProbs.Of_U);
        _targets.Sum(dEntropies.Of_M, dEntropies.Of_U);
        Span<float> dHidden_NH = Backbone.ClearedHiddenGradient(batch.RowCount);
        LanguageHead.Backward(
            _weights.Head, _targets.Targets, hidden_NH, dLogProbs.Of_U, dEntropies.Of_U, dHidden_NH, _weights.HeadSlice.Of(gradients));
        Backbone.Backward(batch, gradients);
        GC.KeepAlive(this);
        return report;
    }

    /// <inheritdoc/>
    public StepReport Step(OptimizerStep step)
    {
        StepReport report = Training.Step(_weights, step);
        Version++;
        return report;
    }

    /// <inheritdoc/>
    public void ResetOptimizer() => Training.Reset();

    /// <inheritdoc/>
    public IPolicy Snapshot()
    {
        ModelWeights copy = new(Config);
        copy.Values.CopyFrom(_weights.Values);
        copy.Follow();
        return new TransformerPolicy(copy, Rope, isFrozen: true) { Version = Version, Origin = Origin };
    }

    /// <inheritdoc/>
    public void MoveSnapshot(IPolicy snapshot, double share)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ((TransformerPolicy)snapshot).SetWeights((tensor, values) =>
        {
            ReadOnlySpan<float> own = SliceOf(tensor.Name).Of(_weights.Values);
            Span<float> slow = values.Span;
            for (int i = 0; i < slow.Length; i++)
                slow[i] = (float)(slow[i] + (share * ((double)own[i] - slow[i])));
        });
    }

    /// <inheritdoc/>
    public IDecodingSession OpenSession(int maxRows, ulong seed) => new DecodingSession(this, _weights, maxRows, seed);

    /// <summary>A tensor's numbers.</summary>
    /// <param name="name">Hugging Face's name.</param>
    /// <exception cref="ArgumentException">The model has no such tensor.</exception>
    public ReadOnlySpan<float> Weight(string name) => SliceOf(name).Of(_weights.Values);

    /// <summary>A tensor's accumulated gradient.</summary>
    /// <param name="name">Hugging Face's name.</param>
    /// <exception cref="ArgumentException">The model has no such tensor.</exception>
    public ReadOnlySpan<float> Gradient(string name) => SliceOf(name).Of(Training.Gradients);

    /// <summary>Replaces tensors; the version moves.</summary>
    /// <param name="write">Called with each tensor and its numbers, to be overwritten or left.</param>
    public void SetWeights(Action<WeightTensor, Memory<float>> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        foreach (WeightTensor tensor in Tensors)
        {
            Span<float> values = new WeightSlice(tensor).Of(_weights.Values);
            float[] copy = values.ToArray();
            write(tensor, copy);
            copy.CopyTo(values);
        }

        _weights.Follow();
        Version++;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Backbone.Dispose();
        _training?.Dispose();
        _weights.Dispose();
    }

    private static TransformerPolicy Empty(ModelConfig config, ModelOrigin? origin = null)
        => new(new ModelWeights(config), new Rope(config.ContextLength, config.RopeFrequencies()), isFrozen: false) { Origin = origin };

    private WeightSlice SliceOf(string name) => _weights.Layout.TryGet(name, out WeightTensor? tensor)
        ? new WeightSlice(tensor)
        : throw new ArgumentException($"the model has no tensor {name}", nameof(name));

    /// <summary>One of four numbers of each target: of all M, and of the U that differ.</summary>
    private readonly ref struct Part(Span<float> results, int index, int targets, int distinct)
    {
        public Span<float> Of_M { get; } = results.Slice(index * targets, targets);

        public Span<float> Of_U { get; } = results.Slice((4 * targets) + (index * distinct), distinct);
    }
}
