using System.Text.Json;

namespace RlmEngine.Cli.Tests;

[TestFixture]
public class RenderCommandTests
{
    private string _file = null!;

    [SetUp]
    public void MakeFile() => _file = Path.GetTempFileName();

    [TearDown]
    public void RemoveFile() => File.Delete(_file);

    private CommandRun Render(params string[] lines)
    {
        File.WriteAllLines(_file, lines);
        return CommandRun.InProcess("render", _file);
    }

    [Test]
    public void Render_Lines_GivesOneJsonStringEach()
    {
        CommandRun run = Render(
            """{"template": "qwen3 (official)", "messages": [{"role": "user", "content": "é \"<b>\"\n"}], "vars": {"add_generation_prompt": true, "enable_thinking": false}}""",
            "",
            """{"template": "llama3_2", "case": "x", "messages": [{"role": "user", "content": "a", "name": "n", "tool_calls": []}], "tools": null, "vars": {"date_string": "today", "bos_token": "<s>", "eos_token": "</s>"}}""",
            """{"template": "plain", "messages": []}""");
        Assert.That((run.Code, run.Error), Is.EqualTo((0, "")));
        Assert.That(run.Out.TrimEnd().Split('\n').Select(line => JsonSerializer.Deserialize<string>(line)), Is.EqualTo(new[]
        {
            "<|im_start|>user\né \"<b>\"\n<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n",
            "<s><|start_header_id|>system<|end_header_id|>\n\nCutting Knowledge Date: December 2023\nToday Date: today\n\n<|eot_id|>"
            + "<|start_header_id|>user<|end_header_id|>\n\na<|eot_id|>",
            "",
        }));
        Assert.That(run.Out, Does.Contain("é"));
    }

    [TestCase("{", "")]
    [TestCase("[]", "an object with template and messages is needed")]
    [TestCase("{\"messages\": []}", "template: missing")]
    [TestCase("{\"template\": 3, \"messages\": []}", "template: a string is needed")]
    [TestCase("{\"template\": \"gemma\", \"messages\": []}", "template: \"gemma\" is not known; one of plain")]
    [TestCase("{\"template\": \"qwen3\"}", "messages: a list is needed")]
    [TestCase("{\"template\": \"qwen3\", \"messages\": []}", "chat template qwen3: no messages")]
    [TestCase("{\"template\": \"qwen3\", \"messages\": [\"x\"]}", "messages.0: an object")]
    [TestCase("{\"template\": \"qwen3\", \"messages\": [{\"content\": \"x\"}]}", "messages.0.role: missing")]
    [TestCase("{\"template\": \"qwen3\", \"messages\": [{\"role\": \"user\", \"content\": []}]}", "messages.0.content: a string is needed")]
    [TestCase("{\"template\": \"llama3\", \"messages\": [{\"role\": \"user\"}]}", "chat template llama3: a message of role \"user\" has no content")]
    [TestCase("{\"template\": \"qwen3\", \"messages\": [{\"role\": \"assistant\", \"content\": \"\", \"tool_calls\": [{}]}]}", "messages.0.tool_calls: are not rendered")]
    [TestCase("{\"template\": \"qwen3\", \"messages\": [], \"tools\": [{}]}", "tools: are not rendered")]
    [TestCase("{\"template\": \"qwen3\", \"messages\": [], \"vars\": {\"tools\": [{}]}}", "vars.tools: are not rendered")]
    [TestCase("{\"template\": \"qwen3\", \"messages\": [], \"vars\": 1}", "vars: an object is needed")]
    [TestCase("{\"template\": \"qwen3\", \"messages\": [], \"vars\": {\"enable_thinking\": \"no\"}}", "vars.enable_thinking: true or false is needed")]
    [TestCase("{\"template\": \"qwen3\", \"messages\": [{\"role\": \"user\", \"content\": \"\\ud800\"}]}", "")]
    public void Render_BadLine_IsNamedWithItsNumber(string line, string problem)
    {
        CommandRun run = Render("""{"template": "plain", "messages": []}""", line);
        Assert.That(run.Code, Is.EqualTo(2));
        Assert.That(run.Error.TrimEnd(), Does.Contain($"{_file}:2: {problem}").And.Not.Contain("\n"));
    }

    [Test]
    public void Render_NotUtf8_IsWrongInput()
    {
        File.WriteAllBytes(_file, [.. "{}"u8, 0xFF, 10]);
        CommandRun run = CommandRun.InProcess("render", _file);
        Assert.That((run.Code, run.Error.Contains("is not UTF-8", StringComparison.Ordinal)), Is.EqualTo((2, true)));
    }

    [Test]
    public void Render_NoFile_IsWrongInput()
    {
        CommandRun run = CommandRun.InProcess("render", _file + "x");
        Assert.That((run.Code, run.Error.Contains("no such file", StringComparison.Ordinal)), Is.EqualTo((2, true)));
    }
}
