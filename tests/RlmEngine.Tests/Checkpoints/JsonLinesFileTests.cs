using RlmEngine.Checkpoints;

namespace RlmEngine.Tests.Checkpoints;

[TestFixture]
public class JsonLinesFileTests
{
    private ScratchFolder _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = new ScratchFolder();

    [TearDown]
    public void RemoveFolder() => _folder.Dispose();

    [Test]
    public void Append_Line_IsThereBeforeTheFileIsClosed()
    {
        using JsonLinesFile file = new(_folder["m"]);
        file.Append("{\"step\":1}");
        file.Append("{\"step\":2,\"x\":\"ü\"}");
        using StreamReader reader = new(new FileStream(_folder["m"], FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        Assert.That(reader.ReadToEnd(), Is.EqualTo("{\"step\":1}\n{\"step\":2,\"x\":\"ü\"}\n"));
    }

    [Test]
    public void Append_LineEndInside_Throws()
    {
        using JsonLinesFile file = new(_folder["m"]);
        Assert.That(() => file.Append("{\n}"), Throws.ArgumentException);
    }

    [TestCase("{\"step\":1}\n{\"step\":2}\n{\"step\":3}\n", 2, "{\"step\":1}\n{\"step\":2}\n", 1)]
    [TestCase("{\"step\":1}\n{\"step\":2}\n", 5, "{\"step\":1}\n{\"step\":2}\n", 0)]
    [TestCase("{\"step\":1}\n{\"step\":2}\n", -1, "", 2)]
    [TestCase("{\"step\":1}\n{\"step\":2", 5, "{\"step\":1}\n", 1)]
    [TestCase("{\"step\":1}\n{\"step\":2}", 5, "{\"step\":1}\n", 1)]
    [TestCase("{\"step\":1}\n\0\0\0\n{\"step\":2}\n", 5, "{\"step\":1}\n{\"step\":2}\n", 1)]
    [TestCase("{\"step\":1}\n[]\n3\n{\"step\":\"x\"}\n{}\n", 5, "{\"step\":1}\n", 4)]
    [TestCase("", 5, "", 0)]
    public void CutAfter_Lines_KeepsWholeOnesUpToTheStep(string text, long step, string expected, int dropped)
    {
        File.WriteAllText(_folder["m"], text);
        Assert.That(JsonLinesFile.CutAfter(_folder["m"], step), Is.EqualTo(dropped));
        Assert.That(File.ReadAllText(_folder["m"]), Is.EqualTo(expected));
        Assert.That(Directory.GetFiles(_folder.Path), Has.Length.EqualTo(1), "no temporary file stays");
    }

    [Test]
    public void CutAfter_MissingFile_DoesNothing() => Assert.That(JsonLinesFile.CutAfter(_folder["none"], 1), Is.Zero);

    [Test]
    public void CutAfter_KilledAtAnyOperation_LeavesOldOrNew([Values(1, 2, 3)] int killAt)
    {
        const string Old = "{\"step\":1}\n{\"step\":2}\n";
        File.WriteAllText(_folder["m"], Old);
        Assert.That(() => JsonLinesFile.CutAfter(_folder["m"], 1, new KilledFiles(killAt)), Throws.InstanceOf<IOException>());
        Assert.That(File.ReadAllText(_folder["m"]), Is.EqualTo(killAt < 3 ? Old : "{\"step\":1}\n"));
        _ = JsonLinesFile.CutAfter(_folder["m"], 1);
        Assert.That(File.ReadAllText(_folder["m"]), Is.EqualTo("{\"step\":1}\n"));
    }
}
