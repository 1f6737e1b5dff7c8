using System.Text;
using RlmEngine.Tests.Tasks;
using RlmEngine.Tokenization;

namespace RlmEngine.Tests.Tokenization;

public class PaddedVocabularyTests
{
    private const int Padding = 7;
    private static readonly ITokenizer s_own = Tokenizers.Bytes;
    private static readonly ITokenizer s_padded = PaddedVocabulary.Around(s_own, s_own.VocabularySize + Padding);

    [Test]
    public void Around_TokenizerThatHasAllIds_IsItself() =>
        Assert.That(PaddedVocabulary.Around(s_own, s_own.VocabularySize), Is.SameAs(s_own));

    [Test]
    public void Around_FewerRowsThanIds_IsRefused() =>
        Assert.That(() => PaddedVocabulary.Around(s_own, s_own.VocabularySize - 1), Throws.InstanceOf<ArgumentOutOfRangeException>());

    [Test]
    public void Decode_EveryId_GivesItsOwnBytesAndNoneForPadding()
    {
        for (int id = 0; id < s_padded.VocabularySize; id++)
        {
            byte[] expected = id < s_own.VocabularySize ? s_own.BytesOf(id).ToArray() : [];
            Assert.That(s_padded.BytesOf(id).ToArray(), Is.EqualTo(expected), $"id {id}");
            Assert.That(s_padded.DecodeBytes([id]), Is.EqualTo(expected), $"id {id}");
        }
    }

    [Test]
    public void Decode_PaddingBetweenHalvesOfACharacter_LeavesTheCharacterWhole()
    {
        int last = s_padded.VocabularySize - 1;
        int[] ids = [last, .. s_own.Encode("é").SelectMany(id => new[] { id, last }), .. s_own.Encode("x")];
        Assert.That(s_padded.Decode(ids), Is.EqualTo("éx"));
        Assert.That(s_padded.DecodeBytes(ids), Is.EqualTo(Encoding.UTF8.GetBytes("éx")));
    }

    [Test]
    public void Decode_IdBeyondThePadding_IsRefused()
    {
        int beyond = s_padded.VocabularySize;
        Assert.That(() => s_padded.Decode([beyond]), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => s_padded.BytesOf(beyond).Length, Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Encode_AnyText_IsTheTokenizersOwn()
    {
        Assert.That(s_padded.Encode("a <think> b", parseSpecial: true), Is.EqualTo(s_own.Encode("a <think> b", parseSpecial: true)));
        Assert.That(s_padded.Encode("a <think> b"u8), Is.EqualTo(s_own.Encode("a <think> b"u8)));
        Assert.That(s_padded.Special, Is.EqualTo(s_own.Special));
    }
}
