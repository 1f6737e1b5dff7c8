using RlmEngine.Kernels.Ilgpu;
using RlmEngine.Kernels.Ilgpu.Cuda;

namespace RlmEngine.Gpu.Tests.Kernels;

/// <summary>What can be said of the CUDA code without a GPU.</summary>
[TestFixture]
internal sealed class PtxTests
{
    private readonly PtxCompiler _compiler = new();

    private static IEnumerable<TestCaseData> All => KernelCatalog.All.Select(pair => new TestCaseData(pair.Kernel, pair.Type));

    [OneTimeTearDown]
    public void Close() => _compiler.Dispose();

    [TestCaseSource(nameof(All))]
    public void Compile_AnyKernel_StaysInSinglePrecisionAndRegisters(CudaKernel kernel, LogitType type)
    {
        string text = _compiler.Compile(kernel, type).Text;
        Assert.That(text, Does.Not.Contain(".f64").And.Not.Contain(".local").And.Not.Contain("__nv_"));
    }
}
