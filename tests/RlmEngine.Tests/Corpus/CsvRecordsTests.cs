using System.Text.Json.Nodes;
using RlmEngine.Corpus;

namespace RlmEngine.Tests.Corpus;

/// <summary>Comma-separated values as RFC 4180 and Python's csv module write them.</summary>
[TestFixture]
public class CsvRecordsTests
{
    [TestCase("a,b\n1,2\n", "1|2")]
    [TestCase("a,b\r\n1,2\r\n3,4", "1|2;3|4")]
    [TestCase("a,b\n\"1,\"\"x\"\"\",2\n", "1,\"x\"|2")]
    [TestCase("a,b\n\"two\nlines\r\n\",\n", "two\nlines\r\n|")]
    [TestCase("a,b\n,\n", "|")]
    [TestCase("a,b\n\"\",\"\"\n", "|")]
    [TestCase("a,b\n\n1,2\n\n", "1|2")]
    [TestCase("a,b\n 1 , \"q\" \n", " 1 | \"q\" ")]
    [TestCase("a,b\nx\"y,z\n", "x\"y|z")]
    [TestCase("a,b\n", "")]
    [TestCase("", "")]
    [TestCase("\n\n", "")]
    [TestCase("a,b\n1,2\r3,4", "1|2;3|4")]
    public void Parse_Text_Fields(string text, string expected)
    {
        IEnumerable<string> records = CsvRecords.Parse(text, "f.csv").Select(record => $"{record["a"]}|{record["b"]}");
        Assert.That(string.Join(';', records), Is.EqualTo(expected));
    }

    [TestCase("a,b\n1\n", "f.csv:2: 1 fields; the first line names 2")]
    [TestCase("a,b\n1,2,3\n", "f.csv:2: 3 fields")]
    [TestCase("a,b\n\"x\ny\",2\n1\n", "f.csv:4: 1 fields")]
    [TestCase("a,b\n1,\"open\n", "f.csv:2: a quoted field is not closed")]
    [TestCase("a,b\n1,\"q\"x\n", "f.csv:2: a quoted field goes on after its quote")]
    public void Parse_Wrong_NamesTheLine(string text, string message) => Assert.That(
        () => CsvRecords.Parse(text, "f.csv").ToArray(), Throws.InstanceOf<InvalidDataException>().With.Message.StartsWith(message).And.Message.Not.Contains("\n"));

    [Test]
    public void Parse_HugeField_IsWhole()
    {
        string huge = string.Concat(Enumerable.Repeat("a \"quoted\", line\n", 200_000));
        JsonObject[] records = [.. CsvRecords.Parse($"a,b\n\"{huge.Replace("\"", "\"\"", StringComparison.Ordinal)}\",end\n", "f.csv")];
        Assert.That(records, Has.Length.EqualTo(1));
        Assert.That(records[0]["a"]!.GetValue<string>(), Is.EqualTo(huge));
        Assert.That(records[0]["b"]!.GetValue<string>(), Is.EqualTo("end"));
    }

    [Test]
    public void Read_CsvWithByteOrderMark_FirstColumnHasItsName()
    {
        using var folder = new TemporaryFolder();
        string file = folder.Write("f.csv", "\uFEFFQuestion,Answer\nwhy,so\n");
        Assert.That(RecordFile.Read(file).Single()["Question"]!.GetValue<string>(), Is.EqualTo("why"));
    }

    [TestCase("{\"a\":1,\"a\":2}")]
    [TestCase("{\"a\":\"\\ud800\"}")]
    [TestCase("{\"b\":[{\"a\":\"\\udc00x\"}]}")]
    public void Read_JsonThatCannotBeUsed_FileAndLineAreNamed(string text)
    {
        using var folder = new TemporaryFolder();
        string lines = folder.Write("f.jsonl", "{}\n" + text), list = folder.Write("f.json", $"[{text}]");
        Assert.That(() => RecordFile.Read(lines).ToArray(), Throws.InstanceOf<InvalidDataException>().With.Message.StartsWith(lines + ":2: ").And.Message.Not.Contains("\n"));
        Assert.That(() => RecordFile.Read(list).ToArray(), Throws.InstanceOf<InvalidDataException>().With.Message.StartsWith(list + ":").And.Message.Not.Contains("\n"));
    }
}
