using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using RlmEngine.Tokenization;

namespace RlmEngine.Cli.Tests;

internal sealed class TokenizeCommandTests
{
    private static readonly ByteLevelBpe s_tokenizer = ByteLevelBpeTrainer.Train(["the cat sat on the mat, the cat sat; the bat sat"], 280, 1000);

    private string _folder = "";

    [SetUp]
    public void SaveTokenizer() => s_tokenizer.Save(_folder = Directory.CreateTempSubdirectory().FullName);

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [TestCase("", new string[] { })]
    [TestCase("\n", new[] { "" })]
    [TestCase("the cat\n\nsat\r\n", new[] { "the cat", "", "sat\r" })]
    [TestCase("the\nend", new[] { "the", "end" })]
    public void Tokenize_Lines_GivesOneArrayForEach(string input, string[] lines)
    {
        (int code, byte[] output, string error) = Run(Encoding.UTF8.GetBytes(input), "tokenize", _folder);
        string expected = string.Concat(lines.Select(line => $"[{string.Join(',', s_tokenizer.Encode(line))}]\n"));
        Assert.That((code, Encoding.UTF8.GetString(output), error), Is.EqualTo((0, expected, "")));
    }

    [TestCase(true, 1)]
    [TestCase(false, 7)]
    public void Tokenize_SpecialTokensString_IsThatTokenUnlessToldOtherwise(bool isSpecial, int least)
    {
        (_, byte[] output, _) = Run("<think>"u8.ToArray(), "tokenize", _folder, "--special", isSpecial ? "true" : "false");
        int[] ids = [.. JsonNode.Parse(output)!.AsArray().Select(id => id!.GetValue<int>())];
        Assert.That(ids, Has.Length.EqualTo(least));
        Assert.That(ids.Contains(s_tokenizer.Special.ThinkOpen!.Value), Is.EqualTo(isSpecial));
    }

    [Test]
    public void Tokenize_AnyBytesAndBack_AreTheBytes([Values] bool isWhole, [Values(0, 1, 70_000, 3_000_000)] int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        // A line that ends the file is written with a line feed.
        if (length > 0)
            bytes[^1] = (byte)'\n';
        string[] options = isWhole ? ["--whole"] : [];
        byte[] ids = Run(bytes, ["tokenize", _folder, .. options]).Output;
        (int code, byte[] again, _) = Run(ids, ["tokenize", _folder, "--decode", .. options]);
        Assert.That(code, Is.Zero);
        Assert.That(again.AsSpan().SequenceEqual(bytes), Is.True);
    }

    [Test]
    public void Tokenize_LongLines_StreamInOrder()
    {
        string[] lines = [.. Enumerable.Range(0, 5000).Select(i => string.Concat(Enumerable.Repeat($"the cat {i} ", i % 97)))];
        string output = Encoding.UTF8.GetString(Run(Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n"), "tokenize", _folder).Output);
        string[] expected = [.. lines.Select(line => $"[{string.Join(',', s_tokenizer.Encode(line))}]")];
        Assert.That(output.TrimEnd('\n').Split('\n'), Is.EqualTo(expected));
    }

    [Test]
    public void Decode_Whole_PutsNothingBetweenArrays()
    {
        (_, byte[] output, _) = Run("[104,105]\n[]\n [33]"u8.ToArray(), "tokenize", _folder, "--decode", "--whole");
        Assert.That(Encoding.UTF8.GetString(output), Is.EqualTo("hi!"));
    }

    [TestCase("[1,2", "line 1")]
    [TestCase("[1]\n[1,280]\n", "line 2 holds the id 280; the vocabulary has 0 to 268")]
    [TestCase("[-1]", "the id -1")]
    [TestCase("[1]\n\n[2]", "line 2")]
    [TestCase("7", "line 1 is no JSON array")]
    [TestCase("[1.5]", "whole numbers")]
    [TestCase("[1]]", "line 1")]
    [TestCase("[\"a\"]", "whole numbers")]
    [TestCase("[[1]]", "whole numbers")]
    [TestCase("[99999999999999999999]", "whole numbers")]
    [TestCase("{}", "line 1")]
    public void Decode_WrongInput_IsRefusedInOneLine(string input, string expected)
    {
        foreach (string[] options in (string[][])[[], ["--whole"]])
        {
            if (options.Length > 0 && input.Contains("\n\n", StringComparison.Ordinal))
                continue;
            (int code, _, string error) = Run(Encoding.UTF8.GetBytes(input), ["tokenize", _folder, "--decode", .. options]);
            Assert.That(code, Is.EqualTo(2));
            Assert.That(error, Does.Contain(expected).And.EndWith("\n"));
            Assert.That(error.TrimEnd('\n'), Does.Not.Contain('\n'));
        }
    }

    [Test]
    public void Tokenize_WrongFolderOrFile_IsRefusedInOneLine([Values("none", "tokenizer.json", "")] string folder, [Values("none", "")] string file)
    {
        string tokenizer = folder.Length == 0 ? _folder : Path.Combine(_folder, folder);
        (int code, _, string error) = Run([], "tokenize", tokenizer, Path.Combine(_folder, file));
        Assert.That(code, Is.EqualTo(2));
        Assert.That(error.TrimEnd('\n'), Is.Not.Empty.And.Not.Contain('\n'));
    }

    [TestCase("qwen3")]
    [TestCase("gpt2")]
    public void Tokenize_PublishedVocabulary_GivesTheIdsOfHuggingFaceForEachLine(string name)
    {
        var expected = new List<string>();
        var lines = new StringBuilder();
        using var reader = new StreamReader(new GZipStream(File.OpenRead(SharedData.PathOf("vectors/tokenizer_hf.jsonl.gz")), CompressionMode.Decompress));
        while (reader.ReadLine() is { } line)
        {
            JsonNode vector = JsonNode.Parse(line)!;
            string text = vector["text"]!.GetValue<string>();
            if (text.Contains('\n', StringComparison.Ordinal))
                continue;
            lines.Append(text).Append('\n');
            expected.Add($"[{string.Join(',', vector["ids"]![name]!.AsArray().Select(id => id!.GetValue<int>()))}]");
        }

        string output = Encoding.UTF8.GetString(Run(Encoding.UTF8.GetBytes(lines.ToString()), "tokenize", SharedData.PathOf($"tokenizers/{name}")).Output);
        Assert.That(expected, Has.Count.GreaterThan(50));
        Assert.That(output.TrimEnd('\n').Split('\n'), Is.EqualTo(expected));
    }

    private static (int Code, byte[] Output, string Error) Run(byte[] input, params string[] arguments)
    {
        using var bytes = new MemoryStream();
        using var text = new StringWriter();
        using var error = new StringWriter();
        using var console = new MemoryStream(input);
        int code = RlmCommandLine.Run(arguments, new CommandConsole(text, error, null) { BytesIn = console, BytesOut = bytes });
        return (code, [.. Encoding.UTF8.GetBytes(text.ToString()), .. bytes.ToArray()], error.ToString());
    }
}
