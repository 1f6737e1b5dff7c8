using CommunityToolkit.HighPerformance.Buffers;
using RlmEngine.Losses;
using RlmEngine.Policies;
using RlmEngine.Rollouts;
using RlmEngine.Tokenization;
using RlmEngine.Transformer;
using RlmEngine.Transformer.Planning;
using TorchSharp;
using static TorchSharp.torch;

namespace RlmEngine.Torch;

/// <summary>A decoder-only transformer (Llama, Qwen2, Qwen3) on libtorch, on the host or on CUDA: it decodes, scores and learns.</summary>
/// <remarks>
/// Weights, gradients and moments are float32; products read them, or their bfloat16 roundings. A drawn token's log-prob and the one
/// <see cref="Score"/> computes for it agree to rounding, not bit for bit as the embedded transformer's. Not thread-safe; its sessions use it too.
/// </remarks>
public sealed partial class TorchPolicy : IPolicy
{
    private readonly TorchDevice _device;
    private readonly TorchWeights _weights;
    private readonly RotaryTable _rotary;
    private readonly TorchBackbone _backbone;
    private readonly TorchHead _head;
    private readonly IRowKernels _kernels;
    private readonly DistinctTargets _targets = new();
    private readonly bool _isFrozen;
    private TorchTraining? _training;

    private TorchPolicy(TorchDevice device, TorchWeights weights, bool isFrozen = false)
    {
        (_device, _weights, _isFrozen) = (device, weights, isFrozen);
        Device place = device.Device;
        _kernels = RowKernels.For(device);
        _rotary = new RotaryTable(weights.Config.ContextLength, weights.Config.RopeFrequencies(), weights.Computed.dtype, place);
        _backbone = new TorchBackbone(weights, _rotary, place);
        _head = new TorchHead(weights, _kernels, place);
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

    /// <summary>What the model was loaded from, carried into its checkpoints; null for a model made here.</summary>
    internal ModelOrigin? Origin { get; private init; }

    private TorchTraining Training => _isFrozen
        ? throw new InvalidOperationException("a snapshot of a policy cannot learn")
        : _training ??= new TorchTraining(_weights);

    /// <inheritdoc/>
    public void Score(TokenBatch batch, Span<float> logProbs_M, Span<float> entropies_M, Span<int> argmax_M = default, int entropyTopK = 0)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentOutOfRangeException.ThrowIfNegative(entropyTopK);
        using DisposeScope scope = NewDisposeScope();
        _targets.Set(batch);
        using SpanOwner<float> results = SpanOwner<float>.Allocate(3 * _targets.Count);
        using SpanOwner<int> argmax = SpanOwner<int>.Allocate(argmax_M.IsEmpty ? 0 : _targets.Count);
        RowScores scores = ScoresIn(results.Span, argmax.Span);
        _head.Score(_backbone.Forward(batch)!, _targets.Targets, scores, entropyTopK);
        _targets.Expand<float>(scores.LogProbs_R, logProbs_M[..batch.TargetCount]);
        _targets.Expand<float>(scores.Entropies_R, entropies_M[..batch.TargetCount]);
        if (!argmax_M.IsEmpty) _targets.Expand<int>(argmax.Span, argmax_M[..batch.TargetCount]);
    }

    /// <inheritdoc/>
    public LossReport Accumulate(TokenBatch batch, TargetRecords records, IObjective objective)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(objective);
        Tensor gradients = Training.Gradients;
        _targets.Set(batch);
        LossReport report = default;
        _backbone.Train(batch, gradients, hidden_NH => GradientOf(hidden_NH, batch, gradients, Evaluate));
        _device.ObserveMemory();
        return report;

        void Evaluate(ReadOnlySpan<float> logProbs_M, ReadOnlySpan<float> entropies_M, Span<float> dLogProbs_M, Span<float> dEntropies_M)
            => report = objective.Evaluate(records, logProbs_M, entropies_M, dLogProbs_M, dEntropies_M);
    }

    /// <inheritdoc/>
    public StepReport Step(OptimizerStep step)
    {
        StepReport report = Training.Step(step);
        Version++;
        return report;
    }

    /// <inheritdoc/>
    public void ResetOptimizer() => Training.Reset();

    /// <inheritdoc/>
    public IPolicy Snapshot()
    {
        Tensor masters = _weights.Masters.clone().DetachFromDisposeScope();
        return new TorchPolicy(_device, new TorchWeights(Config, _weights.Layout, masters, _device.Device), isFrozen: true)
        {
            Version = Version,
            Origin = Origin,
        };
    }

    /// <inheritdoc/>
    public void MoveSnapshot(IPolicy snapshot, double share)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        using DisposeScope scope = NewDisposeScope();
        using IDisposable none = no_grad();
        var slow = (TorchPolicy)snapshot;
        slow._weights.Masters.mul_(1 - share).add_(_weights.Masters, share);
        slow._weights.Follow();
        slow.Version++;
    }

    /// <inheritdoc/>
    public IDecodingSession OpenSession(int maxRows, ulong seed) => new TorchDecodingSession(this, maxRows, seed);

    /// <inheritdoc/>
    public void Dispose()
    {
        _training?.Dispose();
        _rotary.Dispose();
        _weights.Dispose();
        _kernels.Dispose();
    }

    internal DecodingModel ForDecoding => new(_weights, _rotary, _backbone, _head, _device);

    private RowScores ScoresIn(Span<float> results, Span<int> argmax)
    {
        int count = _targets.Count;
        return new RowScores(results[..count], results.Slice(count, count), results.Slice(2 * count, count), argmax);
    }

    private Tensor? GradientOf(Tensor hidden_NH, TokenBatch batch, Tensor gradients, Evaluation evaluate)
    {
        int targets = batch.TargetCount, distinct = _targets.Count;
        using SpanOwner<float> all = SpanOwner<float>.Allocate(4 * targets, AllocationMode.Clear);
        using SpanOwner<float> different = SpanOwner<float>.Allocate(5 * distinct, AllocationMode.Clear);
        Span<float> logProbs_M = all.Span[..targets], entropies_M = all.Span.Slice(targets, targets);
        Span<float> dLogProbs_M = all.Span.Slice(2 * targets, targets), dEntropies_M = all.Span.Slice(3 * targets, targets);
        Span<float> dLogProbs_U = different.Span.Slice(3 * distinct, distinct), dEntropies_U = different.Span.Slice(4 * distinct, distinct);
        RowScores scores = ScoresIn(different.Span, []);
        _head.Score(hidden_NH, _targets.Targets, scores);
        _targets.Expand<float>(scores.LogProbs_R, logProbs_M);
        _targets.Expand<float>(scores.Entropies_R, entropies_M);
        evaluate(logProbs_M, entropies_M, dLogProbs_M, dEntropies_M);
        if (distinct == 0) return null;
        _targets.Sum(dLogProbs_M, dLogProbs_U);
        _targets.Sum(dEntropies_M, dEntropies_U);
        return _head.Backward(hidden_NH, _targets.Targets, scores, dLogProbs_U, dEntropies_U, gradients);
    }

    private delegate void Evaluation(
        ReadOnlySpan<float> logProbs_M, ReadOnlySpan<float> entropies_M, Span<float> dLogProbs_M, Span<float> dEntropies_M);
}
