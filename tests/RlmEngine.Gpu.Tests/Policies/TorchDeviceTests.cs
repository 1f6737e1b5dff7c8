using RlmEngine.Metrics;
using RlmEngine.Torch;

namespace RlmEngine.Gpu.Tests.Policies;

/// <summary>Names of devices, as --device takes them.</summary>
public sealed class TorchDeviceTests
{
    [TestCase("cpu")]
    [TestCase("cudax")]
    [TestCase("cuda:")]
    [TestCase("cuda:-1")]
    [TestCase("Cuda")]
    [TestCase("")]
    public void Parse_NameOfNoDevice_Null(string name) => Assert.That(TorchDevice.Parse(name), Is.Null);

    [Test]
    public void Parse_TorchCpu_TheHost()
    {
        TorchDevice device = TorchDevice.Parse("torch-cpu")!;
        Assert.That(device.IsHost);
        Assert.That(device.Description, Does.StartWith("torch-cpu, libtorch "));
        Assert.That(device.ReadMemory(), Is.Null);
    }

    [TestCase("cuda")]
    [TestCase("cuda:0")]
    public void Parse_CudaWithoutDevice_OneLine(string name)
    {
        if (TorchSharp.torch.cuda.is_available()) Assert.Ignore("there is a CUDA device");
        Assert.That(() => TorchDevice.Parse(name), Throws.TypeOf<UserInputException>().With.Message.Contains("no CUDA device"));
    }
}
