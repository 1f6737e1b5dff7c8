using System.Buffers.Binary;
using System.Text;
using RlmEngine.Checkpoints;

namespace RlmEngine.Tests.Checkpoints;

/// <summary>Damaged files: each is read with every tensor inside its bounds, or refused in one short line and little memory; never anything else.</summary>
[TestFixture]
public class SafetensorsFuzzTests
{
    private const int Rounds = 4000;

    private static readonly string[] s_numbers =
    [
        "-1", "0", "1", "2", "3", "4", "8", "12", "16", "-0", "1.5", "1e3", "1e999", "NaN", "Infinity", "null", "true", "\"4\"", "[4]", "{}", "2147483647", "4294967296",
        "9223372036854775807", "9223372036854775808", "18446744073709551615", "99999999999999999999999999", "",
    ];

    private static readonly string[] s_texts =
    [
        "F32", "F16", "BF16", "I64", "BOOL", "F4", "F8_E4M3", "f32", "", "dtype", "shape", "data_offsets", "__metadata__", "a", "b", "c", "\\u0061", "\\ud800", "\\n", "\\u0000", "x",
    ];

    private readonly ScratchFolder _folder = new();

    [OneTimeTearDown]
    public void RemoveFolder() => _folder.Dispose();

    [Test]
    public void Open_BytesDamaged_ReadsOrRefuses()
    {
        byte[] whole = Whole();
        Random random = new(20240607);
        int refused = 0;
        for (int round = 0; round < Rounds; round++)
        {
            List<byte> bytes = random.Next(4) == 0 ? [.. whole[..random.Next(whole.Length)]] : [.. whole];
            for (int edits = random.Next(1, 5); edits > 0 && bytes.Count > 0; edits--)
                Damage(bytes, random);
            refused += IsRefused([.. bytes], $"round {round}") ? 1 : 0;
        }

        Assert.That(refused, Is.InRange(Rounds / 2, Rounds - 1), "most damage must be seen; the rest hits padding, names or numbers");
    }

    [Test]
    public void Open_HeaderOfOtherTokens_ReadsOrRefuses()
    {
        byte[] whole = Whole();
        int length = (int)BinaryPrimitives.ReadUInt64LittleEndian(whole);
        string header = Encoding.UTF8.GetString(whole, 8, length).TrimEnd();
        Random random = new(7);
        int refused = 0;
        for (int round = 0; round < Rounds; round++)
        {
            string changed = header;
            for (int edits = random.Next(1, 4); edits > 0; edits--)
                changed = Replace(changed, random);
            byte[] json = Encoding.UTF8.GetBytes(changed);
            byte[] prefix = new byte[8];
            BinaryPrimitives.WriteUInt64LittleEndian(prefix, (ulong)json.Length);
            refused += IsRefused([.. prefix, .. json, .. whole[(8 + length)..]], $"round {round}: {changed}") ? 1 : 0;
        }

        Assert.That(refused, Is.InRange(Rounds / 2, Rounds - 1));
    }

    [Test]
    public void Open_CutOffAtEveryByte_IsRefused()
    {
        byte[] whole = Whole();
        for (int length = 0; length < whole.Length; length++)
            Assert.That(IsRefused(whole[..length], $"{length} bytes"), Is.True, $"{length} bytes");
    }

    [TestCase(9UL)]
    [TestCase(99_999_999UL)]
    [TestCase(100_000_000UL)]
    [TestCase(100_000_001UL)]
    [TestCase(0x7FFFFFFFUL)]
    [TestCase(0x100000000UL)]
    [TestCase(0x7FFFFFFFFFFFFFFFUL)]
    [TestCase(0x8000000000000000UL)]
    [TestCase(0xFFFFFFFFFFFFFFF8UL)]
    [TestCase(ulong.MaxValue)]
    public void Open_HeaderLengthThatLies_IsRefused(ulong length)
    {
        byte[] bytes = Whole();
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
        Assert.That(IsRefused(bytes, $"{length}"), Is.True);
    }

    [Test]
    public void Open_HeadersOfNestedBrackets_AreRefused([Values("[", "{\"a\":", "{\"a\":{\"dtype\":")] string opening)
    {
        byte[] json = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(opening, 10_000)));
        byte[] prefix = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, (ulong)json.Length);
        Assert.That(IsRefused([.. prefix, .. json], opening), Is.True);
    }

    private byte[] Whole()
    {
        string path = _folder["whole"];
        SafetensorsEntry[] entries = [new("a", 2, 3), new("b", "BF16", [5]), new("c"), new("e", 0, 4)];
        using (SafetensorsWriter writer = new(path, entries))
        {
            writer.Write([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
            writer.Complete();
        }

        return File.ReadAllBytes(path);
    }

    private bool IsRefused(byte[] bytes, string what)
    {
        string path = _folder["damaged"];
        File.WriteAllBytes(path, bytes);
        long before = GC.GetAllocatedBytesForCurrentThread();
        bool isRefused = false;
        try
        {
            using SafetensorsFile file = SafetensorsFile.Open(path);
            Assert.That(file.Tensors.Sum(tensor => tensor.Bytes), Is.LessThanOrEqualTo(bytes.Length), what);
            foreach (SafetensorsEntry entry in file.Tensors.Where(t => SafetensorsEntry.IsReadable(t.Type)))
                Assert.That(file.Read(entry.Name, [.. entry.Shape]), Has.Length.EqualTo(entry.Count), what);
        }
        catch (InvalidDataException e)
        {
            isRefused = true;
            Assert.That(e.Message, Does.StartWith(path).And.Not.Contain('\n').And.Not.Contain('\r'), what);
            Assert.That(e.Message, Has.Length.LessThan(path.Length + 600), what);
        }
        catch (Exception e) when (e is not AssertionException)
        {
            Assert.Fail($"{what}: {e}");
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1_000_000 + 20L * bytes.Length), what);
        return isRefused;
    }

    private static void Damage(List<byte> bytes, Random random)
    {
        int at = random.Next(bytes.Count);
        switch (random.Next(5))
        {
            case 0:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                bytes[at] = (byte)random.Next(256);
                break;
            case 2:
                bytes.RemoveAt(at);
                break;
            case 3:
                bytes.Insert(at, (byte)random.Next(256));
                break;
            default:
                bytes.InsertRange(at, bytes.Skip(random.Next(bytes.Count)).Take(random.Next(1, 40)).ToArray());
                break;
        }
    }

    /// <summary>Another number, or another text, in place of one; or one part of the header twice or not at all.</summary>
    private static string Replace(string header, Random random)
    {
        bool isNumber = random.Next(2) == 0;
        string pattern = isNumber ? @"(?<=[\[,])\d+" : "(?<=\")[^\"]*(?=\")";
        System.Text.RegularExpressions.MatchCollection matches = System.Text.RegularExpressions.Regex.Matches(header, pattern);
        if (matches.Count == 0 || random.Next(6) == 0)
        {
            int from = random.Next(header.Length), length = random.Next(header.Length - from);
            return random.Next(2) == 0 ? header.Remove(from, length) : header.Insert(from, header.Substring(from, length));
        }

        System.Text.RegularExpressions.Match match = matches[random.Next(matches.Count)];
        string[] others = isNumber ? s_numbers : s_texts;
        return header.Remove(match.Index, match.Length).Insert(match.Index, others[random.Next(others.Length)]);
    }
}
