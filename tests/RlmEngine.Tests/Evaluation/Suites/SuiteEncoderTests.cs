using RlmEngine.Evaluation.Suites;
using RlmEngine.Tests.Tokenization;
using RlmEngine.Tokenization;
using RlmEngine.Tokenization.Chat;

namespace RlmEngine.Tests.Evaluation.Suites;

/// <summary>Prompts as token ids: what is encoded in parts are the tokens of the whole, and continuations are split as the harness splits them.</summary>
[TestFixture]
internal sealed class SuiteEncoderTests
{
    private static readonly string[] s_heads =
    [
        "", " ", "a", "a ", "a b", "Question: 1+1\nAnswer: 2\n\n", "The following are questions about x.\n\nQ one\nA. 1  \n", "naïve é b é", "...  \n\n\n",
        "    indented\n\tand tabs ", "end of word", "don't I've", "12345 678", "日本語 text 日本語",
    ];

    private static readonly string[] s_questions = ["?", " more text", "Question: why?\nAnswer:", "\n\nQ", "s the rest", "  x", "é", "'s it", "9"];

    [TestCase("qwen3")]
    [TestCase("qwen2_5")]
    [TestCase("gpt2")]
    public void Encode_HeadAndQuestion_TokensOfTheWholeText(string name)
    {
        ByteLevelBpe tokenizer = PublishedTokenizers.Load(name);
        var encoder = new SuiteEncoder(tokenizer, null, addsBegin: false);
        foreach (string head in s_heads)
        {
            foreach (string question in s_questions)
                Assert.That(encoder.Encode(head, question), Is.EqualTo(tokenizer.Encode(head + question)), $"{head}|{question}");
        }
    }

    [Test]
    public void Encode_MarkOfTheBeginning_StandsFirstUnlessItIsTurnedOff()
    {
        ByteLevelBpe tokenizer = PublishedTokenizers.Load("gpt2");
        int[] text = tokenizer.Encode("a b c");
        Assert.That(new SuiteEncoder(tokenizer, null, true).Encode("a b ", "c"), Is.EqualTo((int[])[tokenizer.Special.Begin, .. text]));
        Assert.That(new SuiteEncoder(tokenizer, null, false).Encode("a b ", "c"), Is.EqualTo(text));
    }

    // The harness: spaces that end the context go to the continuation; the continuation is what whole has beyond context.
    [TestCase("Answer:", " A")]
    [TestCase("Answer: ", "A")]
    [TestCase("Answer:  \n", "Paris is")]
    [TestCase("", " yes")]
    [TestCase("x", "")]
    public void EncodePairs_Continuations_AreWhatTheWholeHasBeyondTheContext(string question, string continuation)
    {
        ByteLevelBpe tokenizer = PublishedTokenizers.Load("gpt2");
        var encoder = new SuiteEncoder(tokenizer, null, addsBegin: false);
        foreach (string head in new[] { "", "Some words before.\n\n" })
        {
            string context = (head + question).TrimEnd(), whole = head + question + continuation;
            (int[] contextTokens, int[][] continuations) = encoder.EncodePairs(head, question, [continuation, " other"]);
            if (question.Trim().Length > 0)
                Assert.That(contextTokens, Is.EqualTo(tokenizer.Encode(context)));
            Assert.That(contextTokens, Is.Not.Empty, "a model needs something to read");
            Assert.That(continuations, Has.All.Not.Empty, "and something to score");
            if (continuation.Length > 0 && context.Length > 0 && question.Length > 0)
                Assert.That(contextTokens.Concat(continuations[0]), Is.EqualTo(tokenizer.Encode(whole)));
        }
    }

    [Test]
    public void PromptOf_Chat_IsAUsersMessageThatTheModelAnswers()
    {
        ByteLevelBpe tokenizer = PublishedTokenizers.Load("qwen3");
        ChatTemplate template = ChatTemplates.Named("qwen3")!;
        string Prompt(SuiteChat chat) => new SuiteEncoder(tokenizer, chat, true).PromptOf("Head ", "question?");
        Assert.That(Prompt(new SuiteChat(template, null, true)), Is.EqualTo("<|im_start|>user\nHead question?<|im_end|>\n<|im_start|>assistant\n"));
        Assert.That(Prompt(new SuiteChat(template, "Be brief.", true)), Does.StartWith("<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n"));
        Assert.That(Prompt(new SuiteChat(template, null, false)), Does.EndWith("<think>\n\n</think>\n\n"));
        int[] tokens = new SuiteEncoder(tokenizer, new SuiteChat(template, null, true), true).Encode("Head ", "question?");
        Assert.That(tokens[0], Is.EqualTo(tokenizer.Encode("<|im_start|>", parseSpecial: true).Single()), "marks are special tokens, and no other mark stands before");
    }

    [Test]
    public void EncodePairs_Chat_ContinuationFollowsTheAssistantsMark()
    {
        ByteLevelBpe tokenizer = PublishedTokenizers.Load("qwen3");
        var encoder = new SuiteEncoder(tokenizer, new SuiteChat(ChatTemplates.Named("qwen3")!, null, false), true);
        (int[] context, int[][] continuations) = encoder.EncodePairs("", "Which?", ["A", "B"]);
        Assert.That(tokenizer.Decode([.. context, .. continuations[1]]), Is.EqualTo(encoder.PromptOf("", "Which?") + "B"));
        Assert.That(continuations[0], Is.Not.EqualTo(continuations[1]));
    }
}
