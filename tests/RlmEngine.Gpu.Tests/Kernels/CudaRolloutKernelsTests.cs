using RlmEngine.Kernels.Ilgpu;
using RlmEngine.Kernels.Ilgpu.Cuda;
using RlmEngine.Kernels.Rollout;
using RlmEngine.Kernels.Tests.Rollout;

namespace RlmEngine.Gpu.Tests.Kernels;

/// <summary>The whole contract on an NVIDIA device, where there is one.</summary>
[CudaFixture]
[NonParallelizable]
internal sealed class CudaRolloutKernelsTests : RolloutKernelsContract
{
    private CudaDevice _device = null!;
    private HostedCudaKernels _kernels = null!;

    protected override IRolloutKernels Kernels => _kernels;

    [OneTimeSetUp]
    public void Open()
    {
        _device = CudaDevice.Open(0);
        _kernels = new HostedCudaKernels(_device);
    }

    [OneTimeTearDown]
    public void Close()
    {
        _kernels?.Dispose();
        _device?.Dispose();
    }
}

/// <summary>What is said where there is no device.</summary>
[TestFixture]
internal sealed class CudaDeviceTests
{
    [Test]
    public void Open_NoDevice_SaysWhyInOneLine()
    {
        if (CudaDevice.Missing() is not { } reason)
        {
            Assert.Ignore("there is a device");
            return;
        }

        Assert.That(reason, Does.Contain("CUDA").And.Not.Contain("\n"));
        Assert.That(() => CudaDevice.Open(0), Throws.TypeOf<CudaException>().With.Message.EqualTo(reason));
    }

    [Test]
    public void Contract_OnADevice_IsRun()
    {
        if (CudaDevice.Missing() is { } reason) Assert.Ignore($"{reason}: the rollout kernels' contract did not run on a device");
    }

    [TestCase(0, 1, 8, 8)]
    [TestCase(2, 1, 8, 8)]
    [TestCase(256, -1, 8, 8)]
    [TestCase(256, 1, 0, 8)]
    [TestCase(256, 1, 8, 7)]
    public void Rows_ThatCannotBe_AreRefused(int logits, int rows, int vocabulary, int stride) => Assert.That(
        () => new CudaRows(logits, LogitType.Float32, rows, vocabulary, stride).Check(), Throws.TypeOf<ArgumentOutOfRangeException>());
}
