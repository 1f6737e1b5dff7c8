using System.Text.Json;
using RlmEngine.Tokenization.Chat;

namespace RlmEngine.Tests.Tokenization.Chat;

[TestFixture]
public class ChatTemplateFolderTests
{
    private string _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("rlm-chat-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    private void Config(object value) => File.WriteAllText(Path.Combine(_folder, "tokenizer_config.json"), JsonSerializer.Serialize(value));

    [TestCase("Qwen-Qwen2.5-7B-Instruct", "qwen2.5")]
    [TestCase("trl_qwen2_5_training", "qwen2.5")]
    [TestCase("trl_qwen3", "qwen3")]
    [TestCase("trl_qwen3_training", "qwen3-training")]
    [TestCase("trl_qwen3_instruct_2507", "qwen3-instruct-2507")]
    [TestCase("deepseek-ai-DeepSeek-R1-Distill-Qwen-32B", "deepseek-r1")]
    [TestCase("deepseek-ai-DeepSeek-R1-Distill-Llama-8B", "deepseek-r1")]
    [TestCase("trl_llama3", "llama3")]
    [TestCase("trl_llama3_training", "llama3")]
    [TestCase("trl_llama3_1", "llama3.1")]
    [TestCase("trl_llama3_2", "llama3.2")]
    [TestCase("llama-cpp-deepseek-r1", null)]
    public void Of_FolderWithAPublishedTemplate_IsItsRenderer(string file, string? name)
    {
        File.Copy(SharedData.PathOf($"tokenizers/chat_templates/{file}.jinja"), Path.Combine(_folder, "chat_template.jinja"));
        if (name is null)
            Assert.That(() => ChatTemplateFolder.Of(_folder), Throws.TypeOf<InvalidDataException>().With.Message.Contains("none that is known"));
        else
            Assert.That(ChatTemplateFolder.Of(_folder).Name, Is.EqualTo(name));
    }

    [TestCase("qwen3", "qwen3")]
    [TestCase("qwen2_5", "qwen2.5")]
    [TestCase("gpt2", "plain")]
    public void Of_RealTokenizerConfig_IsItsRenderer(string folder, string name) =>
        Assert.That(ChatTemplateFolder.Of(SharedData.PathOf($"tokenizers/{folder}")).Name, Is.EqualTo(name));

    [Test]
    public void Of_TemplateWithAnotherSystemMessage_WritesThatOne()
    {
        string jinja = File.ReadAllText(SharedData.PathOf("tokenizers/chat_templates/trl_qwen2_5.jinja"))
            .Replace(Qwen25Template.InstructSystem, "Don\\'t guess.\\nReason.", StringComparison.Ordinal);
        Config(new { chat_template = new[] { new { name = "tool_use", template = "x" }, new { name = "default", template = jinja } } });
        ChatTemplate template = ChatTemplateFolder.Of(_folder);
        Assert.That(template.OwnSystem, Is.EqualTo("Don't guess.\nReason."));
        Assert.That(template.Render([new("user", "q")], new ChatVariables()), Does.StartWith("<|im_start|>system\nDon't guess.\nReason.<|im_end|>\n"));
    }

    [Test]
    public void Of_FirstFormOfDeepSeekR1_LeavesTheThoughtToTheModel()
    {
        string jinja = File.ReadAllText(SharedData.PathOf("tokenizers/chat_templates/deepseek-ai-DeepSeek-R1-Distill-Qwen-32B.jinja"))
            .Replace("<｜Assistant｜><think>\\n", "<｜Assistant｜>", StringComparison.Ordinal);
        Config(new { chat_template = jinja });
        Assert.That(
            ChatTemplateFolder.Of(_folder).Render([new("user", "q")], new ChatVariables { AddGenerationPrompt = true }), Is.EqualTo("<｜User｜>q<｜Assistant｜>"));
    }

    [Test]
    public void Of_NoTemplate_IsPlain([Values("{}", "{\"chat_template\":null}", "{\"chat_template\":[]}", null)] string? config)
    {
        if (config is not null)
            File.WriteAllText(Path.Combine(_folder, "tokenizer_config.json"), config);
        Assert.That(ChatTemplateFolder.Of(_folder), Is.SameAs(ChatTemplates.Plain));
    }

    [TestCase("{\"chat_template\": 3}", "a string or a list")]
    [TestCase("{\"chat_template\": [3]}", "cannot be read")]
    [TestCase("{\"chat_template\": [{}]}", "cannot be read")]
    [TestCase("{", "cannot be read")]
    [TestCase("{\"chat_template\": \"{{ messages }}\"}", "none that is known")]
    public void Of_BadFile_IsRefusedInOneLine(string config, string message)
    {
        File.WriteAllText(Path.Combine(_folder, "tokenizer_config.json"), config);
        Assert.That(
            () => ChatTemplateFolder.Of(_folder), Throws.TypeOf<InvalidDataException>().With.Message.Contains(message).And.Message.Not.Contains("\n"));
    }

    [Test]
    public void Of_NoFolder_IsRefused() =>
        Assert.That(() => ChatTemplateFolder.Of(Path.Combine(_folder, "x")), Throws.TypeOf<InvalidDataException>().With.Message.Contains("no such folder"));
}
