using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Kernels.Tests.Rollout;

[TestFixture]
internal sealed class ScalarRolloutKernelsTests : RolloutKernelsContract
{
    protected override IRolloutKernels Kernels { get; } = new ScalarRolloutKernels();
}

[TestFixture(512)]
[TestFixture(256)]
[TestFixture(128)]
[NonParallelizable]
internal sealed class VectorRolloutKernelsTests(int bits) : RolloutKernelsContract
{
    private int _widthBefore;

    protected override IRolloutKernels Kernels { get; } = new VectorRolloutKernels();

    [OneTimeSetUp]
    public void ForceWidth()
    {
        _widthBefore = VectorWidth.Bits;
        VectorWidth.Bits = bits;
    }

    [OneTimeTearDown]
    public void RestoreWidth() => VectorWidth.Bits = _widthBefore;
}
