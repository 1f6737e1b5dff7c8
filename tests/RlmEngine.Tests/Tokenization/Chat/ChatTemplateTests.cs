using System.Text.Json;
using RlmEngine.Tokenization.Chat;

namespace RlmEngine.Tests.Tokenization.Chat;

[TestFixture]
public class ChatTemplateTests
{
    private static string Render(string template, bool generates, params ChatMessage[] messages) =>
        ChatTemplates.Named(template)!.Render(messages, new ChatVariables { AddGenerationPrompt = generates, BeginToken = "<s>" });

    [Test]
    public void Render_SharedVectors_AreWhatTwoJinjaEnginesAgreeOn()
    {
        int count = 0;
        foreach (string line in File.ReadLines(SharedData.PathOf("vectors/chat_template_vectors.jsonl")))
        {
            using JsonDocument json = JsonDocument.Parse(line);
            JsonElement root = json.RootElement, vars = root.GetProperty("vars");
            var variables = new ChatVariables
            {
                AddGenerationPrompt = vars.GetProperty("add_generation_prompt").GetBoolean(),
                EnableThinking = vars.TryGetProperty("enable_thinking", out JsonElement thinking) ? thinking.GetBoolean() : null,
                DateString = vars.TryGetProperty("date_string", out JsonElement date) ? date.GetString() : null,
                BeginToken = vars.TryGetProperty("bos_token", out JsonElement begin) ? begin.GetString()! : "",
            };
            ChatMessage[] messages = [.. root.GetProperty("messages").EnumerateArray().Select(message => new ChatMessage(
                message.GetProperty("role").GetString()!, message.GetProperty("content").GetString(),
                message.TryGetProperty("reasoning_content", out JsonElement reasoning) ? reasoning.GetString() : null))];
            string text = ChatTemplates.Find(root.GetProperty("template").GetString()!)!.Render(messages, variables);
            Assert.That(text, Is.EqualTo(root.GetProperty("rendered").GetString()), line);
            count++;
        }
        Assert.That(count, Is.EqualTo(70));
    }

    // What the vectors do not reach; each checked against the Jinja template itself.
    private static IEnumerable<TestCaseData> Corners()
    {
        ChatMessage ask = new("user", "q"), system = new("system", " s ");
        yield return new TestCaseData("qwen3", new ChatMessage[] { ask, new("assistant", "<think>\nwhy\n</think>\n\nso"), system },
            "<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\n<think>\nwhy\n</think>\n\nso<|im_end|>\n<|im_start|>system\n s <|im_end|>\n");
        yield return new TestCaseData("qwen3", new ChatMessage[] { ask, new("assistant", "<think>a</think>b<think>c</think>\nd"), ask },
            "<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\nd<|im_end|>\n<|im_start|>user\nq<|im_end|>\n");
        yield return new TestCaseData("qwen3", new ChatMessage[] { ask, new("assistant", "a"), new("tool", "t"), new("tool", "u"), new("assistant", "\nb", "\nr\n") },
            "<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\na<|im_end|>\n<|im_start|>user\n<tool_response>\nt\n</tool_response>\n<tool_response>\nu\n"
            + "</tool_response><|im_end|>\n<|im_start|>assistant\n<think>\nr\n</think>\n\nb<|im_end|>\n");
        yield return new TestCaseData("qwen3", new ChatMessage[] { new("user", "<tool_response>x</tool_response>"), new("assistant", "</think>a") },
            "<|im_start|>user\n<tool_response>x</tool_response><|im_end|>\n<|im_start|>assistant\na<|im_end|>\n");
        yield return new TestCaseData("qwen3", new ChatMessage[] { new("nobody", "x") }, "");
        yield return new TestCaseData("qwen3-training", new ChatMessage[] { ask, new("assistant", "a", "r"), ask },
            "<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\n<think>\nr\n</think>\n\na<|im_end|>\n<|im_start|>user\nq<|im_end|>\n");
        yield return new TestCaseData("qwen3-instruct-2507", new ChatMessage[] { ask, new("assistant", "<think>r</think>a") },
            "<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\n<think>r</think>a<|im_end|>\n");
        yield return new TestCaseData("qwen2.5", new ChatMessage[] { new("system", ""), system, ask },
            "<|im_start|>system\n<|im_end|>\n<|im_start|>system\n s <|im_end|>\n<|im_start|>user\nq<|im_end|>\n");
        yield return new TestCaseData("deepseek-r1", new ChatMessage[] { system, ask, new("system", "z"), new("assistant", "r</think>\na"), new("tool", "t"), new("tool", "u") },
            "<s>z<｜User｜>q<｜Assistant｜>\na<｜end▁of▁sentence｜><｜tool▁outputs▁begin｜><｜tool▁output▁begin｜>t<｜tool▁output▁end｜>"
            + "\n<｜tool▁output▁begin｜>u<｜tool▁output▁end｜><｜tool▁outputs▁end｜>");
        yield return new TestCaseData("deepseek-r1", new ChatMessage[] { new("tool", "t"), new("assistant", "r</think>a") },
            "<s><｜tool▁outputs▁begin｜><｜tool▁output▁begin｜>t<｜tool▁output▁end｜><｜tool▁outputs▁end｜>r</think>a<｜end▁of▁sentence｜>");
        yield return new TestCaseData("deepseek-r1", Array.Empty<ChatMessage>(), "<s>");
        yield return new TestCaseData("llama3", new ChatMessage[] { new("nobody", "\u00a0\u001c x\u200b \u3000") },
            "<s><|start_header_id|>nobody<|end_header_id|>\n\nx\u200b<|eot_id|>");
        yield return new TestCaseData("llama3", Array.Empty<ChatMessage>(), "");
        yield return new TestCaseData("llama3.1", new ChatMessage[] { system, new("tool", "a\"\n\u0001é") },
            "<s><|start_header_id|>system<|end_header_id|>\n\nCutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\ns<|eot_id|>"
            + "<|start_header_id|>ipython<|end_header_id|>\n\n\"a\\\"\\n\\u0001é\"<|eot_id|>");
        yield return new TestCaseData("plain", new ChatMessage[] { system, ask }, " s \n\nq");
    }

    [TestCaseSource(nameof(Corners))]
    public void Render_Corner_IsTheTemplates(string template, ChatMessage[] messages, string expected) =>
        Assert.That(Render(template, false, messages), Is.EqualTo(expected));

    [TestCase("qwen3", "<|im_start|>assistant\n")]
    [TestCase("qwen2.5", "<|im_start|>assistant\n")]
    [TestCase("deepseek-r1", "<｜Assistant｜><think>\n")]
    [TestCase("llama3", "<|start_header_id|>assistant<|end_header_id|>\n\n")]
    [TestCase("llama3.2", "<|start_header_id|>assistant<|end_header_id|>\n\n")]
    [TestCase("plain", "")]
    public void Render_GenerationPrompt_FollowsTheConversation(string template, string expected)
    {
        ChatMessage ask = new("user", "q");
        Assert.That(Render(template, true, ask), Is.EqualTo(Render(template, false, ask) + expected));
    }

    [Test]
    public void Render_NoMessagesOrNoContent_IsRefusedWhereTheTemplateFails([Values("qwen2.5", "qwen3", "llama3.1", "llama3.2")] string template)
    {
        Assert.That(() => Render(template, false), Throws.TypeOf<InvalidDataException>().With.Message.Contains($"{template}: no messages"));
        Assert.That(() => Render(template, false, new ChatMessage("system", null)), Throws.TypeOf<InvalidDataException>().With.Message.Contains("no content"));
    }

    [TestCase("qwen3 (trl qwen3.jinja = official 4168 B)", "qwen3")]
    [TestCase("qwen3 (npm tokenizer_config)", "qwen3")]
    [TestCase("Qwen3_instruct_2507", "qwen3-instruct-2507")]
    [TestCase("qwen2_5", "qwen2.5")]
    [TestCase("llama3_2", "llama3.2")]
    [TestCase("llama3", "llama3")]
    [TestCase("deepseek-r1-distill-qwen (llama.cpp 32B jinja)", "deepseek-r1")]
    [TestCase("qwen2", null)]
    [TestCase("", null)]
    public void Find_Text_TakesTheLongestNameItBeginsWith(string text, string? name) => Assert.That(ChatTemplates.Find(text)?.Name, Is.EqualTo(name));

    [Test]
    public void Names_OfAll_FindThemselves() =>
        Assert.That(ChatTemplates.Names.Select(name => ChatTemplates.Named(name)!.Name + ChatTemplates.Find(name)!.Name), Is.EqualTo(ChatTemplates.Names.Select(name => name + name)));
}
