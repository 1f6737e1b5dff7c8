using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RlmEngine.Kernels.Ilgpu.Cuda;
using RlmEngine.Kernels.Rollout;
using TorchSharp;
using static TorchSharp.torch;

namespace RlmEngine.Torch;

/// <summary>The hand-written CUDA kernels on libtorch's tensors where they lie, in its context and on its current stream.</summary>
internal sealed partial class CudaRowKernels : IRowKernels
{
    private readonly int _index;
    private readonly Device _place;
    private readonly CudaDevice _device;
    private readonly CudaRolloutKernels _kernels;

    public CudaRowKernels(TorchDevice device)
    {
        (_index, _place) = (device.Index, device.Device);
        // libtorch makes the primary context; kernels are launched in it.
        empty(1, device: _place).Dispose();
        _device = CudaDevice.Open(device.Index);
        _kernels = new CudaRolloutKernels(_device);
    }

    private nint Stream
    {
        get
        {
            try
            {
                return CurrentStream(_index, out nint stream) == 0 ? stream : 0;
            }
            catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
            {
                // Before this entry point TorchSharp could set no other stream than the default one.
                return 0;
            }
        }
    }

    public ScalarType LogitType(ScalarType computed) => computed;

    public void Score(Tensor logits_RV, RowTargets targets, RowScores scores, int entropyTopK)
    {
        using DisposeScope scope = NewDisposeScope();
        int rows = targets.Tokens_R.Length;
        Check(targets.Temperatures_R);
        Tensor tokens = OnDevice(targets.Tokens_R), temperatures = OnDevice(targets.Temperatures_R);
        Tensor results = empty([3, rows], dtype: ScalarType.Float32, device: _place);
        (nint logProbs, nint logSumExp, nint entropies) = (Row(results, 0), Row(results, 1), Row(results, 2));
        CudaRows logits = Of(logits_RV);
        _kernels.LogProb(logits, HostMemory.PointerOf(tokens), HostMemory.PointerOf(temperatures), rows, logProbs, logSumExp, entropies, Stream);
        if (entropyTopK > 0)
            _kernels.TopKEntropy(logits, entropyTopK, HostMemory.PointerOf(temperatures), rows, entropies, Stream);
        Span<float> host = HostMemory.Floats(results.cpu());
        host[..rows].CopyTo(scores.LogProbs_R);
        host.Slice(rows, rows).CopyTo(scores.LogSumExp_R);
        host.Slice(2 * rows, rows).CopyTo(scores.Entropies_R);
        if (scores.Argmax_R.IsEmpty) return;
        long[] likeliest = logits_RV.argmax(1).cpu().data<long>().ToArray();
        for (int row = 0; row < rows; row++)
            scores.Argmax_R[row] = (int)likeliest[row];
    }

    public void Gradient(
        Tensor logits_RV, RowTargets targets, RowScores scores, ReadOnlySpan<float> dLogProbs_R, ReadOnlySpan<float> dEntropies_R)
    {
        using DisposeScope scope = NewDisposeScope();
        int rows = targets.Tokens_R.Length;
        Tensor tokens = OnDevice(targets.Tokens_R);
        float[] numbers = [.. targets.Temperatures_R, .. scores.LogSumExp_R, .. scores.Entropies_R, .. dLogProbs_R, .. dEntropies_R];
        Tensor all = tensor(numbers, device: _place).view(5, rows);
        _kernels.LogProbGradient(
            Of(logits_RV), HostMemory.PointerOf(tokens), Row(all, 0), rows, Row(all, 1), Row(all, 2), Row(all, 3), Row(all, 4), Stream);
    }

    public void Sample(
        Tensor logits_RV, ReadOnlySpan<SamplingParameters> parameters_R, ReadOnlySpan<PhiloxCounter> counters_R, ulong seed,
        Span<SampledToken> sampled_R) => _kernels.Sample(Of(logits_RV), [], parameters_R, counters_R, seed, sampled_R, Stream);

    public void Dispose()
    {
        _kernels.Dispose();
        _device.Dispose();
    }

    private static CudaRows Of(Tensor logits_RV) => new(
        HostMemory.PointerOf(logits_RV),
        logits_RV.dtype switch
        {
            ScalarType.Float32 => Kernels.Ilgpu.LogitType.Float32,
            ScalarType.Float16 => Kernels.Ilgpu.LogitType.Float16,
            _ => Kernels.Ilgpu.LogitType.BFloat16,
        },
        (int)logits_RV.shape[0], (int)logits_RV.shape[1], logits_RV.stride(0));

    private static nint Row(Tensor floats, int row) => HostMemory.PointerOf(floats) + (nint)(row * floats.stride(0) * sizeof(float));

    private static void Check(ReadOnlySpan<float> temperatures_R)
    {
        foreach (float temperature in temperatures_R)
        {
            if (!(temperature >= 0) || !float.IsFinite(temperature))
                throw new ArgumentOutOfRangeException(nameof(temperatures_R), temperature, "a temperature is 0, or positive with a finite inverse");
        }
    }

    private Tensor OnDevice(ReadOnlySpan<int> values) => tensor(values.ToArray(), dtype: ScalarType.Int32, device: _place);

    private Tensor OnDevice(ReadOnlySpan<float> values) => tensor(values.ToArray(), device: _place);

    [LibraryImport("torch_cuda", EntryPoint = "aoti_torch_get_current_cuda_stream")]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    private static partial int CurrentStream(int device, out nint stream);
}
