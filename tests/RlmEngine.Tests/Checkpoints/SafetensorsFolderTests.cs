using System.Text.Json;
using RlmEngine.Checkpoints;

namespace RlmEngine.Tests.Checkpoints;

/// <summary>Model folders of one file or several: what is written is read back, and what index and files disagree about is named.</summary>
[TestFixture]
public class SafetensorsFolderTests
{
    private const string Index = "model.safetensors.index.json";
    private ScratchFolder _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = new ScratchFolder();

    [TearDown]
    public void RemoveFolder() => _folder.Dispose();

    // a, b and c take 24, 8 and 40 bytes.
    [TestCase(1L, "a|b|c")]
    [TestCase(24L, "a|b|c")]
    [TestCase(31L, "a|b|c")]
    [TestCase(32L, "a b|c")]
    [TestCase(47L, "a b|c")]
    [TestCase(71L, "a b|c")]
    [TestCase(72L, "a b c")]
    public void Write_ShardsOfSomeBytes_AreFilledInOrderAndReadBack(long bytes, string expected)
    {
        Write(bytes);
        using SafetensorsFolder folder = SafetensorsFolder.Open(_folder.Path);
        Assert.That(string.Join('|', folder.Files.Select(file => string.Join(' ', file.Tensors.Select(t => t.Name)))), Is.EqualTo(expected));
        Assert.That(folder.Files.Select(file => file.Metadata["format"]), Is.All.EqualTo("pt"));
        AssertWhole(folder);
        int count = folder.Files.Count;
        string[] files = [.. Directory.GetFiles(_folder.Path).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];
        Assert.That(files, Is.EqualTo(count == 1
            ? ["model.safetensors"]
            : Enumerable.Range(1, count).Select(i => $"model-{i:D5}-of-{count:D5}.safetensors").Append(Index)));
        if (count == 1)
            return;
        using JsonDocument index = JsonDocument.Parse(File.ReadAllBytes(_folder[Index]));
        Assert.That(index.RootElement.GetProperty("metadata").GetProperty("total_size").GetInt64(), Is.EqualTo(72));
        Assert.That(index.RootElement.GetProperty("weight_map").GetProperty("c").GetString(), Is.EqualTo($"model-{count:D5}-of-{count:D5}.safetensors"));
    }

    [Test]
    public void Write_OverAnotherNumberOfShards_LeavesNothingOfIt([Values(1L, 32L, 100L)] long before, [Values(1L, 32L, 100L)] long after)
    {
        Write(before);
        File.WriteAllText(_folder["model-card.md"], "kept");
        Write(after, offset: 10);
        using SafetensorsFolder folder = SafetensorsFolder.Open(_folder.Path);
        AssertWhole(folder, offset: 10);
        Assert.That(
            Directory.GetFiles(_folder.Path), Has.Length.EqualTo(folder.Files.Count + (folder.Files.Count > 1 ? 1 : 0) + 1), "files, index and the card");
    }

    /// <summary>Killed at each operation: the folder holds the old model, the new one, or none; never a mix.</summary>
    [Test]
    public void Write_KilledAnywhere_LeavesTheOldTheNewOrNone([Values(1L, 100L)] long before, [Values(1L, 100L)] long after)
    {
        bool isWhole = false;
        for (int killAt = 1; !isWhole; killAt++)
        {
            foreach (string path in Directory.GetFiles(_folder.Path))
                File.Delete(path);
            Write(before);
            KilledFiles files = new(killAt);
            try
            {
                Write(after, offset: 10, files);
                isWhole = true;
            }
            catch (IOException)
            {
            }

            try
            {
                using SafetensorsFolder folder = SafetensorsFolder.Open(_folder.Path);
                AssertWhole(folder, folder.FileOf("b").Read("b", 2)[0] < 10 ? 0 : 10);
            }
            catch (InvalidDataException e)
            {
                Assert.That(isWhole, Is.False);
                Assert.That(e.Message, Does.Contain("missing"), $"killed at {killAt}");
            }

            Assert.That(killAt, Is.LessThan(20));
        }
    }

    [Test]
    public void Read_ManyTensorsLongerThanOnePiece_IsWhatOneAtATimeGives([Values("F32", "BF16")] string type, [Values(1L, 1L << 40)] long shardBytes)
    {
        const int Long = (1 << 19) + 5;
        (string Name, long[] Shape)[] tensors = [("c", [2, Long]), ("empty", [0]), ("a", [3]), ("b", [1 << 19])];
        Random random = new(4);
        new SafetensorsFolderWriter(_folder.Path, shardBytes).Write(
            [.. tensors.Select(t => new SafetensorsEntry(t.Name, type, t.Shape))],
            (entry, file) => file.Write([.. Enumerable.Range(0, (int)entry.Count).Select(_ => random.NextSingle())]));
        using SafetensorsFolder folder = SafetensorsFolder.Open(_folder.Path);
        float[][] targets = [.. tensors.Select(t => new float[t.Shape.Aggregate((x, y) => x * y)])];
        folder.Read(tensors, index => targets[index]);
        foreach (((string name, long[] shape), float[] numbers) in tensors.Zip(targets))
            Assert.That(folder.FileOf(name).Read(name, shape).AsSpan().SequenceEqual(numbers), name);
        Assert.That(() => folder.Read(tensors, _ => targets[2]), Throws.ArgumentException);
        Assert.That(() => folder.Read([("gone", [1])], _ => targets[2]), Throws.TypeOf<InvalidDataException>());
    }

    [Test]
    public void Open_SingleFileBesideAnIndex_TakesTheSingleFile()
    {
        Write(1);
        File.WriteAllText(_folder[Index], File.ReadAllText(_folder[Index]));
        string index = File.ReadAllText(_folder[Index]);
        Write(100, offset: 10);
        File.WriteAllText(_folder[Index], index);
        using SafetensorsFolder folder = SafetensorsFolder.Open(_folder.Path);
        AssertWhole(folder, offset: 10);
    }

    [TestCase("\"a\": \"model-00001-of-00003.safetensors\"", "\"a\": \"../model-00001-of-00003.safetensors\"", "the name of a .safetensors file of this folder is needed")]
    [TestCase("\"a\": \"model-00001-of-00003.safetensors\"", "\"a\": \"/etc/passwd\"", "the name of a .safetensors file of this folder is needed")]
    [TestCase("\"a\": \"model-00001-of-00003.safetensors\"", "\"a\": \"c:x.safetensors\"", "the name of a .safetensors file of this folder is needed")]
    [TestCase("\"a\": \"model-00001-of-00003.safetensors\"", "\"a\": \"x\\\\y.safetensors\"", "the name of a .safetensors file of this folder is needed")]
    [TestCase("\"a\": \"model-00001-of-00003.safetensors\"", "\"a\": \".safetensors\"", "the name of a .safetensors file of this folder is needed")]
    [TestCase("\"a\": \"model-00001-of-00003.safetensors\"", "\"a\": \"\"", "the name of a .safetensors file of this folder is needed")]
    [TestCase("\"a\": \"model-00001-of-00003.safetensors\"", "\"a\": 3", "something else than a name")]
    [TestCase("\"a\": \"model-00001-of-00003.safetensors\"", "\"a\": null", "something else than a name")]
    [TestCase("\"a\": \"model-00001-of-00003.safetensors\"", "\"a\": \"other.safetensors\"", "other.safetensors: the file is missing")]
    [TestCase("\"a\": \"model-00001-of-00003.safetensors\"", "\"a\": \"model-00002-of-00003.safetensors\"", "tensor \"a\" is said to be in model-00002-of-00003.safetensors and is in no file")]
    [TestCase("\"b\": \"model-00002-of-00003.safetensors\"", "\"b\": \"model-00001-of-00003.safetensors\"", "tensor \"b\" is said to be in model-00001-of-00003.safetensors and is in no file")]
    [TestCase("\"a\": \"model-00001-of-00003.safetensors\"", "\"a\": \"model-00001-of-00003.safetensors\", \"d\": \"model-00003-of-00003.safetensors\"", "tensor \"d\" is said to be in model-00003-of-00003.safetensors and is in no file")]
    [TestCase("\"a\": \"model-00001-of-00003.safetensors\"", "\"a\": \"model-00001-of-00003.safetensors\", \"a\": \"x.safetensors\"", "tensor \"a\" stands twice")]
    [TestCase("\"weight_map\"", "\"weights\"", "\"weight_map\" is missing")]
    [TestCase("\"weight_map\": {", "\"weight_map\": [", "\"weight_map\" is not an object")]
    [TestCase("\"weight_map\": {", "\"weight_map\": 3, \"x\": {", "\"weight_map\" is not an object")]
    [TestCase("\"weight_map\": {", "\"weight_map\": {}, \"weight_map\": {", "\"weight_map\" stands twice")]
    [TestCase("\"total_size\": 72", "\"total_size\": [[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]", "not the JSON of an index")]
    public void Open_IndexThatLies_IsRefused(string written, string changed, string problem)
    {
        Write(1);
        string text = File.ReadAllText(_folder[Index]);
        Assert.That(text, Does.Contain(written));
        File.WriteAllText(_folder[Index], text.Replace(written, changed, StringComparison.Ordinal));
        AssertRefused(problem);
    }

    [TestCase("")]
    [TestCase("[]")]
    [TestCase("3")]
    [TestCase("{")]
    [TestCase("{\"weight_map\":{}} x")]
    [TestCase("{\"weight_map\":{\"\\ud800\":\"x.safetensors\"}}")]
    public void Open_IndexThatIsNone_IsRefused(string text)
    {
        File.WriteAllText(_folder[Index], text);
        AssertRefused(Index);
    }

    [Test]
    public void Open_TensorInTwoFilesOrInNoIndex_IsNamed()
    {
        Write(1);
        File.Copy(_folder["model-00001-of-00003.safetensors"], _folder["model-00002-of-00003.safetensors"], overwrite: true);
        AssertRefused("tensor \"a\" is in ");
        Write(32);
        string index = File.ReadAllText(_folder[Index]);
        File.WriteAllText(_folder[Index], index.Replace("\"b\": \"model-00001-of-00002.safetensors\",", "", StringComparison.Ordinal));
        AssertRefused("tensor \"b\" is not in model.safetensors.index.json");
    }

    [Test]
    public void Open_ShardMissingOrCutOff_IsNamed()
    {
        Write(1);
        byte[] bytes = File.ReadAllBytes(_folder["model-00003-of-00003.safetensors"]);
        File.WriteAllBytes(_folder["model-00003-of-00003.safetensors"], bytes[..^1]);
        AssertRefused("model-00003-of-00003.safetensors: cut off");
        File.Delete(_folder["model-00003-of-00003.safetensors"]);
        AssertRefused("model-00003-of-00003.safetensors: the file is missing");
        Directory.CreateDirectory(_folder["model-00003-of-00003.safetensors"]);
        AssertRefused("model-00003-of-00003.safetensors: is a folder");
    }

    [Test]
    public void Open_NeitherFileNorIndex_NamesTheFile()
    {
        AssertRefused("model.safetensors: the file is missing");
        Directory.CreateDirectory(_folder[Index]);
        AssertRefused("index.json: is a folder");
        Directory.CreateDirectory(_folder["model.safetensors"]);
        AssertRefused("model.safetensors: is a folder");
    }

    private void AssertRefused(string problem)
    {
        Assert.That(
            () => SafetensorsFolder.Open(_folder.Path),
            Throws.TypeOf<InvalidDataException>().With.Message.Contains(problem).And.Message.StartsWith(_folder.Path).And.Message.Not.Contain('\n'));
    }

    private static void AssertWhole(SafetensorsFolder folder, float offset = 0)
    {
        Assert.That(folder.Count, Is.EqualTo(3));
        int next = 0;
        foreach ((string name, long[] shape) in new[] { ("a", new long[] { 2, 3 }), ("b", [2]), ("c", [2, 5]) })
        {
            float[] numbers = new float[shape.Aggregate((x, y) => x * y)];
            folder.Read(name, shape, numbers);
            Assert.That(numbers, Is.EqualTo(Enumerable.Range(next, numbers.Length).Select(i => i + offset)), name);
            next += numbers.Length;
        }
    }

    private void Write(long shardBytes, float offset = 0, DurableFiles? files = null)
    {
        int next = 0;
        SafetensorsFolderWriter writer = new(_folder.Path, shardBytes, files ?? new DurableFiles());
        writer.Write([new("a", 2, 3), new("b", 2), new("c", 2, 5)], (entry, file) =>
        {
            file.Write([.. Enumerable.Range(next, (int)entry.Count).Select(i => i + offset)]);
            next += (int)entry.Count;
        });
    }
}
