using System.Diagnostics;
using System.Runtime.InteropServices;
using RlmEngine.Kernels.Ilgpu;
using RlmEngine.Kernels.Ilgpu.Cuda;
using RlmEngine.Kernels.Rollout;
using static TorchSharp.torch;

namespace RlmEngine.Cli.Gpu;

/// <summary>The same expressions in torch, as a user would write them, timed on the same device.</summary>
internal sealed class TorchPeer : IDisposable
{
    private const int Repetitions = 7;

    private readonly Device _device;

    private TorchPeer(int ordinal) => _device = new Device(TorchSharp.DeviceType.CUDA, ordinal);

    /// <summary>Torch on a device, or null where this libtorch has no CUDA.</summary>
    public static TorchPeer? Open(int ordinal)
    {
        try
        {
            return cuda.is_available() ? new TorchPeer(ordinal) : null;
        }
        catch (Exception exception) when (exception is DllNotFoundException or TypeInitializationException or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>log_softmax, gather and −Σ p ln p in single precision.</summary>
    public double? LogProb(CudaKernelTime shape) => Time(shape, (logits, targets) => Expression(logits, targets).Dispose());

    /// <summary>The expression's gradient by autograd, without the forward pass.</summary>
    public double? Gradient(CudaKernelTime shape)
    {
        double? both = Time(shape, (logits, targets) =>
        {
            logits.requires_grad = true;
            using Tensor loss = Expression(logits, targets);
            loss.backward();
            logits.grad = null;
        });
        return both - LogProb(shape);
    }

    /// <summary>Softmax and multinomial; with top-k or top-p after a sort.</summary>
    public double? Sampling(CudaKernelTime shape, SamplingParameters parameters) => Time(shape, (logits, _) =>
    {
        using var scope = NewDisposeScope();
        if (parameters.TopK == 0 && parameters.TopP == 1f)
        {
            Tensor p = logits.softmax(-1);
            if (parameters.MinP > 0) p = p.masked_fill(p < (p.amax([-1L], keepdim: true) * parameters.MinP), 0);
            multinomial(p, 1);
            return;
        }

        (Tensor sorted, Tensor order) = logits.sort(-1, descending: true);
        Tensor sortedP = sorted.softmax(-1);
        Tensor dropped = parameters.TopK > 0
            ? arange(shape.Vocabulary, device: _device).ge(parameters.TopK).unsqueeze(0)
            : (sortedP.cumsum(-1) - sortedP).ge(parameters.TopP);
        order.gather(-1, multinomial(sortedP.masked_fill(dropped, 0), 1));
    });

    public void Dispose()
    {
    }

    private static Tensor Expression(Tensor logits, Tensor targets)
    {
        using var scope = NewDisposeScope();
        Tensor logProbs = logits.to(float32).log_softmax(-1);
        Tensor entropy = -(logProbs.exp() * logProbs).sum(-1);
        return (logProbs.gather(-1, targets).squeeze(-1) + entropy).sum().MoveToOuterDisposeScope();
    }

    // Null where torch finds no memory for its intermediate results.
    private double? Time(CudaKernelTime shape, Action<Tensor, Tensor> work)
    {
        try
        {
            using var scope = NewDisposeScope();
            ScalarType type = shape.Type == LogitType.Float32 ? float32 : shape.Type == LogitType.Float16 ? float16 : bfloat16;
            Tensor logits = (randn(shape.Rows, shape.Vocabulary, device: _device, dtype: type) * 3).detach();
            Tensor targets = zeros([shape.Rows, 1], int64, _device);
            var times = new List<double>();
            for (int i = 0; i < Repetitions + 2; i++)
            {
                cuda.synchronize(_device);
                long start = Stopwatch.GetTimestamp();
                work(logits, targets);
                cuda.synchronize(_device);
                if (i >= 2) times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }

            times.Sort();
            return times[times.Count / 2];
        }
        catch (ExternalException)
        {
            return null;
        }
    }
}
