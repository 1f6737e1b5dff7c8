using System.Buffers.Binary;
using System.Text;

namespace RlmEngine.Cli.Tests.Runs;

/// <summary>Damaged and lying model folders by the command line: exit code 2 and one line, from `inspect` and `sample` alike.</summary>
[NonParallelizable]
public class HostileModelTests
{
    private const string Model = "model.safetensors";
    private const string Index = "model.safetensors.index.json";
    private DirectoryInfo _folder = null!;

    [SetUp]
    public void CopyModel()
    {
        _folder = Directory.CreateTempSubdirectory("rlm-hostile-");
        string checkpoint = Path.Combine(WholeRun.Folder, "checkpoints", "step-000040");
        foreach (string name in new[] { Model, "config.json", "tokenizer.json" })
            File.Copy(Path.Combine(checkpoint, name), In(name));
    }

    [TearDown]
    public void RemoveFolder() => _folder.Delete(recursive: true);

    [Test]
    public void WholeModel_InspectAndSample_Work()
    {
        Assert.That(CommandRun.InProcess("inspect", _folder.FullName).Code, Is.Zero);
        Assert.That(Sample().Code, Is.Zero);
    }

    [TestCase(0L)]
    [TestCase(5L)]
    [TestCase(8L)]
    [TestCase(100L)]
    [TestCase(-1L)]
    [TestCase(-4000L)]
    public void Model_CutOff_IsRefused(long length)
    {
        byte[] bytes = File.ReadAllBytes(In(Model));
        File.WriteAllBytes(In(Model), bytes[..(int)(length < 0 ? bytes.Length + length : length)]);
        AssertRefused("cut off");
    }

    [TestCase(100_000_000UL, "cut off")]
    [TestCase(100_000_001UL, "at most 100000000 are allowed")]
    [TestCase(ulong.MaxValue, "at most 100000000 are allowed")]
    [TestCase(7UL, "not valid JSON")]
    public void Model_HeaderLengthThatLies_IsRefused(ulong length, string problem)
    {
        byte[] bytes = File.ReadAllBytes(In(Model));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
        File.WriteAllBytes(In(Model), bytes);
        AssertRefused(problem);
    }

    [Test]
    public void Model_AHeaderOfAHundredMegabytes_IsRefusedInBoundedMemory([Values(' ', '[', '"')] char filler)
    {
        byte[] bytes = new byte[8 + 100_000_000];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, 100_000_000);
        bytes.AsSpan(8).Fill((byte)filler);
        bytes[8] = (byte)'{';
        File.WriteAllBytes(In(Model), bytes);
        long before = GC.GetTotalAllocatedBytes();
        AssertRefused("not valid JSON");
        Assert.That(GC.GetTotalAllocatedBytes() - before, Is.LessThan(1_500_000_000), "two commands, each with the header and what its error takes");
    }

    [TestCase("\"data_offsets\":[0,", "\"data_offsets\":[4,", "data_offsets")]
    [TestCase("\"data_offsets\":[0,", "\"data_offsets\":[-4,", "integers of at least 0")]
    [TestCase("\"data_offsets\":[0,", "\"data_offsets\":[9223372036854775807,", "data_offsets")]
    [TestCase("\"dtype\":\"F32\"", "\"dtype\":\"F16\"", "data_offsets")]
    [TestCase("\"dtype\":\"F32\"", "\"dtype\":\"I32\"", "type I32; F32, F16 or BF16 is needed")]
    [TestCase("\"dtype\":\"F32\"", "\"dtype\":\"\\n\"", "unknown type")]
    [TestCase("model.norm.weight", "model.norm.weigh\\u0007", "is missing")]
    [TestCase("model.norm.weight", "model.embed_tokens.weight", "stands twice")]
    [TestCase("model.norm.weight", "\u00ff", "is missing")]
    public void Model_HeaderThatLies_IsRefused(string written, string changed, string problem)
    {
        byte[] bytes = File.ReadAllBytes(In(Model));
        int length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        string header = Encoding.UTF8.GetString(bytes, 8, length).TrimEnd();
        int at = header.IndexOf(written, StringComparison.Ordinal);
        Assert.That(at, Is.GreaterThan(0));
        byte[] json = Encoding.UTF8.GetBytes(header.Remove(at, written.Length).Insert(at, changed));
        byte[] prefix = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, (ulong)json.Length);
        File.WriteAllBytes(In(Model), [.. prefix, .. json, .. bytes[(8 + length)..]]);

        // What the type of a tensor means for loading is only sample's business.
        if (problem.StartsWith("type I32", StringComparison.Ordinal))
            AssertRefused(Sample(), problem);
        else
            AssertRefused(problem);
    }

    [Test]
    public void Model_NotUtf8_IsRefused()
    {
        byte[] bytes = File.ReadAllBytes(In(Model));
        bytes[8 + 3] = 0xFF;
        File.WriteAllBytes(In(Model), bytes);
        AssertRefused(Model);
    }

    [Test]
    public void Model_AFolderInItsPlace_IsRefused()
    {
        File.Delete(In(Model));
        Directory.CreateDirectory(In(Model));
        AssertRefused(Sample(), "is a folder");
    }

    [TestCase("../../../../etc/passwd")]
    [TestCase("/dev/zero")]
    [TestCase("/dev/zero.safetensors")]
    [TestCase("..\\\\model.safetensors")]
    [TestCase("gone.safetensors")]
    public void Index_NamingAFileElsewhere_IsRefused(string name)
    {
        File.Move(In(Model), In("model-00001-of-00001.safetensors"));
        File.WriteAllText(In(Index), "{\"weight_map\": {\"model.norm.weight\": \"" + name + "\"}}");
        AssertRefused(name.StartsWith("gone", StringComparison.Ordinal) ? "gone.safetensors: the file is missing" : "the name of a .safetensors file of this folder is needed");
    }

    [TestCase("{")]
    [TestCase("")]
    [TestCase("{\"weight_map\": [1e999]}")]
    [TestCase("{\"weight_map\": {\"model.norm.weight\": \"model-00001-of-00001.safetensors\"}}")]
    public void Index_ThatLies_IsRefused(string text)
    {
        File.Move(In(Model), In("model-00001-of-00001.safetensors"));
        File.WriteAllText(In(Index), text);
        AssertRefused(Index);
    }

    [Test]
    public void Model_SeededDamageOfItsHeader_IsRefusedOrReadsAsBefore()
    {
        byte[] whole = File.ReadAllBytes(In(Model));
        int length = (int)BinaryPrimitives.ReadUInt64LittleEndian(whole);
        Random random = new(11);
        int refused = 0;
        for (int round = 0; round < 150; round++)
        {
            byte[] bytes = [.. whole];
            for (int flips = random.Next(1, 4); flips > 0; flips--)
                bytes[random.Next(8 + length)] = (byte)random.Next(256);
            File.WriteAllBytes(In(Model), bytes);
            CommandRun run = round % 2 == 0 ? CommandRun.InProcess("inspect", _folder.FullName) : Sample();
            refused += run.Code == 2 ? 1 : 0;
            if (run.Code != 0)
                AssertRefused(run, _folder.FullName);
        }

        Assert.That(refused, Is.GreaterThan(100));
    }

    private CommandRun Sample() => CommandRun.InProcess("sample", _folder.FullName, "--prompt", "x", "--max-tokens", "2");

    private void AssertRefused(string problem)
    {
        AssertRefused(CommandRun.InProcess("inspect", _folder.FullName), problem);
        AssertRefused(Sample(), problem);
    }

    private static void AssertRefused(CommandRun run, string problem)
    {
        Assert.That(run.Code, Is.EqualTo(2), run.Error);
        Assert.That(run.Error, Does.StartWith("rlm: ").And.Contain(problem));
        Assert.That(run.Error.TrimEnd('\n').Any(char.IsControl), Is.False, "one line");
        Assert.That(run.Out, Is.Empty);
    }

    private string In(string name) => Path.Combine(_folder.FullName, name);
}
