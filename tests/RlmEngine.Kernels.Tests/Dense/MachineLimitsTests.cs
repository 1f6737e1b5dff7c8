namespace RlmEngine.Kernels.Tests.Dense;

[NonParallelizable]
public class MachineLimitsTests
{
    /// <summary>Plausible magnitudes only: a missing factor of a thousand shows, a busy machine does not.</summary>
    [Test]
    public void Measure_ThisMachine_GivesPlausibleNumbers()
    {
        MachineLimits limits = MachineLimits.Measure();
        Assert.That(limits.FlopsOneCore, Is.InRange(1e8, 1e13));
        Assert.That(limits.FlopsAllCores, Is.InRange(1e8, 1e16));
        Assert.That(limits.ReadBytesOneCore, Is.InRange(1e7, 1e13));
        Assert.That(limits.ReadBytesAllCores, Is.InRange(1e7, 1e14));
    }
}
