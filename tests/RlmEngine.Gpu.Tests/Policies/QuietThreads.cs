using RlmEngine.Kernels.Dense;

namespace RlmEngine.Gpu.Tests.Policies;

/// <summary>One thread for these tests: libtorch's threads wait by spinning, which a busy machine has no room for.</summary>
[SetUpFixture]
public sealed class QuietThreads
{
    private int _threads;

    [OneTimeSetUp]
    public void Take() => (_threads, WorkPool.Threads) = (WorkPool.Threads, 1);

    [OneTimeTearDown]
    public void Restore() => WorkPool.Threads = _threads;
}
