using RlmEngine.Corpus;
using RlmEngine.Tasks;
using RlmEngine.Tokenization;

namespace RlmEngine.Tests.Tasks;

[TestFixture]
public class TokenizedDocumentsTests
{
    private static readonly ByteLevelBpe _tokenizer = Tokenizers.Bytes;

    private static TokenizedDocuments Documents(params string[] texts) => new(new ListCorpus(texts, ["held out"]), _tokenizer);

    private static string[] Take(TokenizedDocuments documents, int count)
        => [.. Enumerable.Range(0, count).Select(_ => _tokenizer.Decode(documents.Next().AsSpan(1)))];

    [Test]
    public void Next_BeyondTheLastDocument_GoesOnWithTheNextPass()
    {
        using TokenizedDocuments documents = Documents("a", "b", "c");
        Assert.That(Take(documents, 7), Is.EqualTo(new[] { "a", "b", "c", "b", "c", "a", "c" }));
        Assert.That(documents.Cursor, Is.EqualTo(new TaskCursor(2, 1)));
    }

    [Test]
    public void Next_Document_BeginsWithTheEndToken()
    {
        using TokenizedDocuments documents = Documents("a<think>b", "");
        Assert.Multiple(() =>
        {
            Assert.That(documents.Next(), Is.EqualTo((int[])[_tokenizer.Special.End, .. _tokenizer.Encode("a<think>b")]));
            Assert.That(documents.Next(), Is.EqualTo(new[] { _tokenizer.Special.End }));
        });
    }

    [TestCase(DocumentKind.Plain, 10)]
    [TestCase(DocumentKind.Thoughts, 4)]
    public void Encode_SpecialStrings_AreTokensInThoughtsOnly(DocumentKind kind, int length)
        => Assert.That(TokenizedDocuments.Encode(_tokenizer, new Document("x", "a<think>b", kind)), Has.Length.EqualTo(length));

    [Test]
    public void Restore_AnyCursor_GoesOnAsIfNeverStopped()
    {
        string[] texts = ["a", "b", "c", "d"];
        using TokenizedDocuments whole = Documents(texts);
        string[] expected = Take(whole, 20);
        using TokenizedDocuments resumed = Documents(texts);
        for (int taken = 0; taken <= 10; taken++)
        {
            using TokenizedDocuments first = Documents(texts);
            Take(first, taken);
            resumed.Restore(first.Cursor);
            Assert.That(resumed.Cursor, Is.EqualTo(first.Cursor));
            Assert.That(Take(resumed, 10), Is.EqualTo(expected[taken..(taken + 10)]), $"after {taken}");
        }
    }

    [Test]
    public void Restore_EmbeddedWorld_GoesOnInTheSamePass()
    {
        static TokenizedDocuments Open() => new(new EmbeddedWorld(new WorldOptions { Documents = 6 }, 3, .2), Tokenizers.World);
        using TokenizedDocuments whole = Open(), resumed = Open();
        int[][] first = [.. Enumerable.Range(0, 14).Select(_ => whole.Next())];
        TaskCursor cursor = whole.Cursor;
        resumed.Restore(cursor);
        Assert.That(cursor.Pass, Is.GreaterThan(0));
        Assert.That(Enumerable.Range(0, 9).Select(_ => resumed.Next()), Is.EqualTo(Enumerable.Range(0, 9).Select(_ => whole.Next())));
        Assert.That(first.Select(d => Tokenizers.World.Decode(d)), Is.Unique, "each pass is a world of its own");
    }

    [Test]
    public void Next_NoTrainingDocuments_IsRefused()
    {
        using TokenizedDocuments documents = Documents();
        Assert.That(documents.Next, Throws.InstanceOf<InvalidDataException>().With.Message.Contains("no training documents"));
    }
}
