using RlmEngine.Corpus;

namespace RlmEngine.Tests.Corpus;

internal sealed class FieldPathTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = new TemporaryFolder();

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [TestCase("text", "text")]
    [TestCase("extra_info.answer", "extra_info/answer")]
    [TestCase("prompt[0].content", "prompt/#0/content")]
    [TestCase("a[][12].b[]", "a/#/#12/b/#")]
    [TestCase("a..b", "a..b")]
    [TestCase(".a", ".a")]
    [TestCase("[0]", "[0]")]
    [TestCase("a[x]", "a[x]")]
    [TestCase("a[-1]", "a[-1]")]
    [TestCase("a[0]b", "a[0]b")]
    [TestCase("a[0", "a[0")]
    [TestCase("a[99999999999]", "a[99999999999]")]
    public void Parse_Path_HasTheseSteps(string path, string expected) =>
        Assert.That(string.Join('/', FieldPath.Parse(path).Steps.Select(step => step.Name ?? $"#{step.Element}")), Is.EqualTo(expected));

    [TestCase("a.b", "exact")]
    [TestCase("extra.answer", "42")]
    [TestCase("prompt[1].content", "two")]
    [TestCase("prompt.content", "one\ntwo")]
    [TestCase("prompt[].content", "one\ntwo")]
    [TestCase("list", "x\ny")]
    [TestCase("list[0]", "x")]
    [TestCase("deep[][1]", "q\ns")]
    public void Read_JsonRecord_GivesTheTextOfTheField(string path, string expected)
    {
        _folder.Write("a.json", """{"a.b":"exact","a":{"b":"inner"},"extra":{"answer":"42"},"prompt":[{"content":"one"},{"content":"two"}],"list":["x","y"],"deep":[["p","q"],["r","s"]]}""");
        var corpus = new FileCorpus(new CorpusOptions { Paths = [_folder.Root], HeldOut = 1, Fields = [path] }, 1);
        Assert.That(corpus.Read(CorpusSplit.HeldOut).Single().Text, Is.EqualTo(expected));
    }

    [TestCase("prompt[2].content", "no field \"prompt[2].content\"")]
    [TestCase("prompt[0].role", "no field \"prompt[0].role\"")]
    [TestCase("prompt", "field \"prompt\" is no string")]
    [TestCase("extra", "field \"extra\" is no string")]
    [TestCase("text.inner", "no field \"text.inner\"")]
    public void Read_JsonRecordWithoutTheField_IsMalformed(string path, string expected)
    {
        _folder.Write("a.ndjson", """{"text":"t","extra":{"answer":"42"},"prompt":[{"content":"one"},{"content":"two"}]}""");
        var corpus = new FileCorpus(new CorpusOptions { Paths = [_folder.Root], HeldOut = 1, Fields = [path] }, 1);
        Assert.That(() => corpus.Read(CorpusSplit.HeldOut).Count(), Throws.TypeOf<InvalidDataException>().With.Message.Contains(expected));
    }
}
