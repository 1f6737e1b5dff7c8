using ILGPU;
using ILGPU.Runtime.CPU;
using RlmEngine.Kernels.Ilgpu;
using RlmEngine.Kernels.Rollout;
using RlmEngine.Kernels.Tests.Rollout;

namespace RlmEngine.Gpu.Tests.Kernels;

/// <summary>The whole contract on ILGPU's CPU accelerator: one thread a row, which walks as a warp would but needs no barrier.</summary>
[TestFixture]
[NonParallelizable]
internal sealed class IlgpuRolloutKernelsTests : RolloutKernelsContract
{
    private Context _context = null!;
    private CPUAccelerator _accelerator = null!;
    private IlgpuRolloutKernels _kernels = null!;

    protected override IRolloutKernels Kernels => _kernels;

    protected override int DrawsOfDistribution => 2000;

    [OneTimeSetUp]
    public void Open()
    {
        _context = IlgpuContext.Create(builder => builder.CPU(new CPUDevice(2, 1, 2)));
        _accelerator = _context.CreateCPUAccelerator(0);
        _kernels = new IlgpuRolloutKernels(_accelerator, lanes: 1, groupSize: 1);
    }

    [OneTimeTearDown]
    public void Close()
    {
        _accelerator.Dispose();
        _context.Dispose();
    }
}
