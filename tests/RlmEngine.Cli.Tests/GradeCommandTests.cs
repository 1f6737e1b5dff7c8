using System.Text;
using System.Text.Json.Nodes;

namespace RlmEngine.Cli.Tests;

internal sealed class GradeCommandTests
{
    [Test]
    public void Grade_Pairs_PrintsAVerdictForEachAndTheSummaryLast()
    {
        const string Pairs = """
            {"gold":"\\frac{1}{2}","pred":"so \\boxed{0.5}","equal":true}
            {"gold":"1","pred":"2","equal":true}

            {"gold":3,"pred":"3.0"}
            {"gold":"1/3","pred":"0.33","options":{"precision":2},"equal":true}
            """;
        (int code, JsonNode[] lines, string error) = Run(Pairs);
        Assert.That((code, error), Is.EqualTo((0, "")));
        Assert.That(lines.Take(4).Select(line => line["equal"]!.GetValue<bool>()), Is.EqualTo(new[] { true, false, true, true }));
        Assert.That(lines.Take(4).Select(line => line["line"]!.GetValue<int>()), Is.EqualTo(new[] { 1, 2, 4, 5 }));
        Assert.That(lines[0]["answer"]!.GetValue<string>(), Is.EqualTo("0.5"));
        Assert.That(lines[2]["agree"], Is.Null);
        Assert.That((lines[^1]["pairs"]!.GetValue<int>(), lines[^1]["equal"]!.GetValue<int>(), lines[^1]["agree"]!.GetValue<int>()), Is.EqualTo((4, 3, 2)));
        Assert.That(lines[^1]["seconds"]!.GetValue<double>(), Is.GreaterThanOrEqualTo(0));
    }

    [Test]
    public void Grade_NoPairs_PrintsOnlyTheSummary()
    {
        (int code, JsonNode[] lines, _) = Run("");
        Assert.That((code, lines.Length, lines[0]["pairs"]!.GetValue<int>()), Is.EqualTo((0, 1, 0)));
    }

    [TestCase("[]", ":1: ")]
    [TestCase("{\"gold\":\"1\",\"pred\":\"1\"}\n{\"gold\":\"1\"}", ":2: pred: is missing")]
    [TestCase("{\"gold\":[1],\"pred\":\"1\"}", ":1: gold: is neither a string nor a number")]
    [TestCase("{\"gold\":\"1\",\"pred\":\"1\",\"equal\":\"yes\"}", ":1: equal: ")]
    [TestCase("{\"gold\":\"1\",\"pred\":\"1\",\"options\":{\"precision\":99}}", "options.precision: is no whole number from 0 to 15")]
    [TestCase("{\"gold\":\"1\",\"pred\":\"1\",\"options\":{\"strict\":1}}", "options.strict: ")]
    [TestCase("{\"gold\":\"1\",\"pred\":\"1\",\"options\":7}", "options: ")]
    [TestCase("{\"gold\"", "is no JSON")]
    public void Grade_WrongLine_IsRefusedInOneLine(string input, string expected)
    {
        (int code, _, string error) = Run(input);
        Assert.That(code, Is.EqualTo(2));
        Assert.That(error, Does.Contain(expected).And.EndWith("\n"));
        Assert.That(error.TrimEnd('\n'), Does.Not.Contain('\n'));
    }

    [Test]
    public void Grade_MissingFile_IsRefusedInOneLine()
    {
        using var text = new StringWriter();
        using var error = new StringWriter();
        Assert.That(RlmCommandLine.Run(["grade", "none.jsonl"], new CommandConsole(text, error, null)), Is.EqualTo(2));
        Assert.That(error.ToString().TrimEnd('\n'), Is.Not.Empty.And.Not.Contain('\n'));
    }

    private static (int Code, JsonNode[] Lines, string Error) Run(string input)
    {
        using var text = new StringWriter();
        using var error = new StringWriter();
        using var bytes = new MemoryStream(Encoding.UTF8.GetBytes(input));
        int code = RlmCommandLine.Run(["grade"], new CommandConsole(text, error, null) { BytesIn = bytes });
        string[] lines = text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return (code, [.. lines.Select(line => JsonNode.Parse(line)!)], error.ToString());
    }
}
