using System.Text;
using RlmEngine.Tokenization;

namespace RlmEngine.Tests.Tokenization;

internal sealed class ByteLevelBpeTrainerTests
{
    private const int Smallest = 256 + 5;

    [Test]
    public void Train_TinyCorpus_LearnsTheMergesWorkedByHand()
    {
        // Pieces "ab" × 3, " abc" × 2, " bc" × 1. Counts: (a,b) 5, (b,c) 3, ( ,a) 2, ( ,b) 1.
        // After ab: (ab,c) 2, ( ,ab) 2, (b,c) 1: ' ' is 32 and ab is 256, so ( ,ab) goes first; then ( ab,c) 2; then nothing stands twice.
        ByteLevelBpe tokenizer = ByteLevelBpeTrainer.Train(["ab", "ab", "ab abc abc bc"], 300, 1000);
        string[] tokens = [.. Enumerable.Range(256, tokenizer.VocabularySize - 256 - 5).Select(id => Encoding.UTF8.GetString(tokenizer.BytesOf(id)))];
        Assert.That(tokens, Is.EqualTo(new[] { "ab", " ab", " abc" }));
    }

    [TestCase(Smallest)]
    [TestCase(Smallest + 1)]
    [TestCase(300)]
    public void Train_EnoughText_GivesTheSizeAskedFor(int size) =>
        Assert.That(ByteLevelBpeTrainer.Train([RandomText(1, 5000)], size, 1_000_000).VocabularySize, Is.EqualTo(size));

    [TestCase("")]
    [TestCase("abcdefgh")]
    [TestCase("a b c d")]
    public void Train_NoPairStandsTwice_GivesTheBytesAndSpecialTokens(string text) =>
        Assert.That(ByteLevelBpeTrainer.Train([text], 5000, 1_000_000).VocabularySize, Is.EqualTo(Smallest));

    [TestCase(Smallest - 1)]
    [TestCase(0)]
    [TestCase(-1)]
    public void Train_TooSmallAVocabulary_Throws(int size) =>
        Assert.That(() => ByteLevelBpeTrainer.Train(["text"], size, 100), Throws.InstanceOf<ArgumentOutOfRangeException>());

    [Test]
    public void Train_NegativeBytes_Throws() =>
        Assert.That(() => ByteLevelBpeTrainer.Train(["text"], 300, -1), Throws.InstanceOf<ArgumentOutOfRangeException>());

    [Test]
    public void Train_RandomTexts_EqualsTheNaiveTrainer([Range(1, 6)] int seed)
    {
        string text = RandomText(seed, 3000);
        ByteLevelBpe tokenizer = ByteLevelBpeTrainer.Train([text], Smallest + 60, 1_000_000);
        Assert.That(ReferenceFromFile.MergesOf(tokenizer), Is.EqualTo(NaiveMerges(text, 60)));
    }

    [Test]
    public void Train_BytesBeyondTheBound_AreNotRead()
    {
        int read = 0;
        IEnumerable<string> documents = Enumerable.Range(0, 1000).Select(i => { read++; return "abab"; });
        ByteLevelBpe bounded = ByteLevelBpeTrainer.Train(documents, 300, 40);
        Assert.That(read, Is.LessThanOrEqualTo(11));
        Assert.That(bounded.VocabularySize, Is.GreaterThan(Smallest));
        Assert.That(ByteLevelBpeTrainer.Train(["abab"], 300, 0).VocabularySize, Is.EqualTo(Smallest));
    }

    [Test]
    public void Train_BoundInsideACharacter_LeavesTheCharacterOut()
    {
        ByteLevelBpe tokenizer = ByteLevelBpeTrainer.Train(["éé ééé"], 300, 3);
        Assert.That(tokenizer.VocabularySize, Is.EqualTo(Smallest));
    }

    [Test]
    public void Train_SpecialStrings_AreNeverMergedInto()
    {
        ByteLevelBpe tokenizer = ByteLevelBpeTrainer.Train(Enumerable.Repeat("<think>ab</think>cd<|mask|>ef<|endoftext|>", 50), 400, 1_000_000);
        string[] tokens = [.. Enumerable.Range(256, tokenizer.VocabularySize - 256 - 5).Select(id => Encoding.UTF8.GetString(tokenizer.BytesOf(id)))];
        Assert.That(tokens, Is.EquivalentTo(new[] { "ab", "cd", "ef" }));
    }

    [Test]
    public void Train_Twice_GivesTheSameFiles()
    {
        string[] documents = [RandomText(1, 4000), RandomText(2, 4000)];
        Assert.That(
            ReferenceFromFile.MergesOf(ByteLevelBpeTrainer.Train(documents, 500, 1_000_000)),
            Is.EqualTo(ReferenceFromFile.MergesOf(ByteLevelBpeTrainer.Train(documents, 500, 1_000_000))));
    }

    [Test]
    public void Train_LongTextWithoutSpaces_Ends()
    {
        var random = new System.Random(11);
        string text = string.Concat(Enumerable.Range(0, 1 << 19).Select(_ => (char)('a' + random.Next(6))));
        Assert.That(ByteLevelBpeTrainer.Train([text], 512, int.MaxValue).VocabularySize, Is.EqualTo(512));
    }

    [TestCase(512)]
    [TestCase(4096)]
    public void Train_Shakespeare_CompressesAndEqualsTheReferenceOnIt(int size)
    {
        string text = File.ReadAllText(SharedData.PathOf("corpora/tinyshakespeare.txt"));
        ByteLevelBpe tokenizer = ByteLevelBpeTrainer.Train([text], size, 2_000_000);
        int[] ids = tokenizer.Encode(text);
        string sample = text[100_000..104_000];
        Assert.Multiple(() =>
        {
            Assert.That(tokenizer.VocabularySize, Is.EqualTo(size));
            Assert.That(tokenizer.Decode(ids) == text);
            Assert.That((double)text.Length / ids.Length, Is.GreaterThan(size == 512 ? 1.9 : 3.0));
            Assert.That(tokenizer.Encode(sample), Is.EqualTo(ReferenceFromFile.ReferenceOf(tokenizer).Encode(sample)));
        });
    }

    private static string RandomText(int seed, int length)
    {
        var random = new System.Random(seed);
        return string.Concat(Enumerable.Range(0, length).Select(_ => "aaabbcde é '1\n"[random.Next(14)]));
    }

    /// <summary>Counts all pairs afresh for each merge.</summary>
    private static List<(string Left, string Right)> NaiveMerges(string text, int count)
    {
        List<List<int>> words = [.. ReferenceBpe.Pieces(text).Select(piece => Encoding.UTF8.GetBytes(piece).Select(value => (int)value).ToList())];
        List<string> spelled = [.. Enumerable.Range(0, 256).Select(value => ((char)value).ToString())];
        var merges = new List<(string, string)>();
        while (spelled.Count < 256 + count)
        {
            var best = words.SelectMany(word => word.Zip(word.Skip(1))).CountBy(pair => pair)
                .OrderByDescending(entry => entry.Value).ThenBy(entry => entry.Key.First).ThenBy(entry => entry.Key.Second).First();
            if (best.Value < 2)
                break;
            (int left, int right) = best.Key;
            merges.Add((spelled[left], spelled[right]));
            int merged = spelled.IndexOf(spelled[left] + spelled[right]);
            if (merged < 0)
            {
                merged = spelled.Count;
                spelled.Add(spelled[left] + spelled[right]);
            }

            foreach (List<int> word in words)
            {
                for (int i = 0; i + 1 < word.Count; i++)
                {
                    if (word[i] == left && word[i + 1] == right)
                    {
                        word[i] = merged;
                        word.RemoveAt(i + 1);
                    }
                }
            }
        }

        return merges;
    }
}
