namespace RlmEngine.Kernels.Tests.Dense;

public class VectorWidthTests
{
    [TestCase("512", 512)]
    [TestCase("256", 256)]
    [TestCase("128", 128)]
    public void FromEnvironment_Width_IsTaken(string text, int bits) => Assert.That(VectorWidth.FromEnvironment(text), Is.EqualTo(bits));

    [TestCase(null)]
    [TestCase("")]
    public void FromEnvironment_Nothing_IsTheWidest(string? text) =>
        Assert.That(VectorWidth.FromEnvironment(text), Is.EqualTo(VectorWidth.Widest));

    [TestCase("64")]
    [TestCase("wide")]
    public void FromEnvironment_Other_Throws(string text) =>
        Assert.That(() => VectorWidth.FromEnvironment(text), Throws.InvalidOperationException.With.Message.Contains(text));

    [Test]
    public void Bits_NotAWidth_Throws() => Assert.That(() => VectorWidth.Bits = 1024, Throws.TypeOf<ArgumentOutOfRangeException>());
}
