#if !GPU
namespace RlmEngine.Cli.Tests;

/// <summary>--device in the default flavour: the embedded transformer alone, and how the others are had.</summary>
[TestFixture]
public class DeviceOptionTests
{
    private static readonly string s_missing = Path.Combine(Path.GetTempPath(), "no-such-recipe.jsonc");

    [TestCase("torch-cpu")]
    [TestCase("cuda")]
    [TestCase("cuda:1")]
    public void Train_DeviceOfGpuFlavour_OneLineSaysHowToGetIt(string device)
    {
        CommandRun run = CommandRun.InProcess("train", s_missing, "--device", device);
        Assert.That(run.Code, Is.EqualTo(2));
        Assert.That(run.Error.Trim().Split('\n'), Has.Length.EqualTo(1));
        Assert.That(run.Error, Does.Contain($"\"{device}\"").And.Contain("-p:Gpu=true"));
    }

    [TestCase("gpu")]
    [TestCase("")]
    [TestCase("cudax")]
    [TestCase("CPU")]
    public void Train_NoSuchDevice_OneLineNamesThoseThereAre(string device)
    {
        CommandRun run = CommandRun.InProcess("train", s_missing, "--device", device);
        Assert.That(run.Code, Is.EqualTo(2));
        Assert.That(run.Error, Does.Contain($"--device: \"{device}\" is not possible; cpu, torch-cpu, cuda or cuda:N is needed"));
    }

    [Test]
    public void Train_Cpu_IsTheEmbeddedTransformer()
    {
        CommandRun run = CommandRun.InProcess("train", s_missing, "--device", "cpu");
        Assert.That(run.Error, Does.Contain("no-such-recipe.jsonc").And.Not.Contain("--device"));
    }
}
#endif
