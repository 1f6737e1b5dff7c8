using System.Buffers.Binary;
using System.Text;
using RlmEngine.Checkpoints;

namespace RlmEngine.Tests.Checkpoints;

[TestFixture]
public class SafetensorsTests
{
    private readonly ScratchFolder _folder = new();

    [OneTimeTearDown]
    public void RemoveFolder() => _folder.Dispose();

    [Test]
    public void Write_KnownTensors_GivesThePublishedLayout()
    {
        string path = WriteTwo("layout");
        byte[] bytes = File.ReadAllBytes(path);
        int headerLength = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        string header = Encoding.UTF8.GetString(bytes, 8, headerLength);
        Assert.Multiple(() =>
        {
            Assert.That(headerLength % 8, Is.Zero);
            Assert.That(header.TrimEnd(' '), Is.EqualTo(
                """{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"b":{"dtype":"F32","shape":[],"data_offsets":[24,28]}}"""));
            Assert.That(bytes, Has.Length.EqualTo(8 + headerLength + 28));
            Assert.That(BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(8 + headerLength + 20)), Is.EqualTo(6f));
        });
    }

    [Test]
    public void Read_WhatWasWritten_IsTheSameBits()
    {
        using SafetensorsFile file = SafetensorsFile.Open(WriteTwo("same"));
        Assert.Multiple(() =>
        {
            Assert.That(file.Tensors.Select(t => t.Name), Is.EqualTo(new[] { "a", "b" }));
            Assert.That(file.Metadata["format"], Is.EqualTo("pt"));
            Assert.That(file.Read("a", 2, 3), Is.EqualTo(new[] { 1f, 2, 3, 4, 5, 6 }));
            Assert.That(file.Read("b"), Is.EqualTo(new[] { 7f }));
            Assert.That(file.Contains("c"), Is.False);
        });
    }

    [Test]
    public void Read_SpecialValues_KeepTheirBits()
    {
        float[] values = [float.NaN, BitConverter.Int32BitsToSingle(0x7FC12345), -0f, float.Epsilon, float.NegativeInfinity, float.MaxValue];
        string path = Write("special", values);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.That(
            file.Read("t", values.Length).Select(BitConverter.SingleToInt32Bits), Is.EqualTo(values.Select(BitConverter.SingleToInt32Bits)));
    }

    [Test]
    public void Write_TensorInPieces_IsTheSameFile()
    {
        string whole = WriteTwo("whole");
        string path = _folder["pieces"];
        using (SafetensorsWriter writer = new(path, [new SafetensorsEntry("a", 2, 3), new SafetensorsEntry("b")]))
        {
            writer.Write([1, 2]);
            writer.Write([]);
            writer.Write([3, 4, 5, 6, 7]);
            writer.Complete();
        }

        Assert.That(File.ReadAllBytes(path), Is.EqualTo(File.ReadAllBytes(whole)));
    }

    [Test]
    public void Write_LongerThanOnePiece_IsWhole()
    {
        float[] values = new float[(1 << 24) + 3];
        values[^1] = 3;
        values[1 << 24] = 2;
        values[(1 << 24) - 1] = 1;
        using SafetensorsFile file = SafetensorsFile.Open(Write("long", values));
        Assert.That(file.Read("t", values.Length).AsSpan().SequenceEqual(values));
    }

    [Test]
    public void Write_OverALongerFile_TruncatesIt()
    {
        string path = _folder["shrunk"];
        File.WriteAllBytes(path, new byte[10_000]);
        File.Copy(WriteTwo("short"), path, overwrite: true);
        using SafetensorsWriter writer = new(path, []);
        writer.Complete();
        writer.Dispose();
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.That(file.Tensors, Is.Empty);
    }

    [Test]
    public void Write_EmptyTensor_IsReadBack()
    {
        string path = _folder["empty"];
        using (SafetensorsWriter writer = new(path, [new SafetensorsEntry("e", 0, 5), new SafetensorsEntry("one", 1), new SafetensorsEntry("f", 3, 0)]))
        {
            writer.Write([1]);
            writer.Complete();
        }

        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.That((file.Read("e", 0, 5).Length, file.Read("one", 1)[0], file.Read("f", 3, 0).Length), Is.EqualTo((0, 1f, 0)));
    }

    [Test]
    public void Complete_TooFewNumbers_Throws()
    {
        using SafetensorsWriter writer = new(_folder["few"], [new SafetensorsEntry("a", 2)]);
        writer.Write([1]);
        Assert.That(writer.Complete, Throws.InvalidOperationException.With.Message.Contains("1 of 2 numbers"));
    }

    [Test]
    public void Write_TooManyNumbers_Throws()
    {
        using SafetensorsWriter writer = new(_folder["many"], [new SafetensorsEntry("a", 2)]);
        Assert.That(() => writer.Write([1, 2, 3]), Throws.InvalidOperationException);
    }

    [Test]
    public void Writer_SameNameTwice_Throws() =>
        Assert.That(
            () => new SafetensorsWriter(_folder["twice"], [new SafetensorsEntry("a", 1), new SafetensorsEntry("a", 1)]), Throws.ArgumentException);

    [Test]
    public void Read_WrongShape_NamesBoth()
    {
        using SafetensorsFile file = SafetensorsFile.Open(WriteTwo("shape"));
        Assert.That(() => file.Read("a", 3, 2), Refused("tensor \"a\" has shape [2, 3]; [3, 2] is needed"));
        Assert.That(() => file.Read("c", 3), Refused("tensor \"c\" is missing"));
        Assert.That(() => file.Read("a", [2, 3], new float[5]), Throws.ArgumentException);
    }

    [TestCase("I64", 16)]
    [TestCase("F64", 16)]
    [TestCase("BOOL", 2)]
    [TestCase("F8_E4M3", 2)]
    [TestCase("F8_E8M0", 2)]
    [TestCase("F4", 1)]
    [TestCase("C64", 16)]
    public void Open_OtherTypes_AreListedAndNotReadAsFloats(string type, int bytes)
    {
        string path = Raw("other", $$$"""{"h":{"dtype":"{{{type}}}","shape":[2],"data_offsets":[0,{{{bytes}}}]}}""", new byte[bytes]);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.That((file["h"].Type, file["h"].Bytes), Is.EqualTo((type, (long)bytes)));
        Assert.That(() => file.Read("h", 2), Refused($"tensor \"h\" has type {type}; F32, F16 or BF16 is needed"));
    }

    /// <summary>A header whose length is no multiple of 8 puts the numbers at odd addresses.</summary>
    [Test]
    public void Read_HalvesAtAnOddAddress_AreWidenedExactly([Values("F16", "BF16")] string type, [Values("", " ", "  ")] string padding)
    {
        byte[] data = new byte[2 * 700_001];
        new Random(3).NextBytes(data);
        string path = Raw("odd", $$$"""{"h":{"dtype":"{{{type}}}","shape":[700001],"data_offsets":[0,{{{data.Length}}}]}}""" + padding, data);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        float[] values = file.Read("h", 700_001);
        for (int i = 0; i < values.Length; i++)
        {
            float expected = type == "F16" ? (float)BitConverter.ToHalf(data, 2 * i) : BitConverter.UInt32BitsToSingle((uint)BitConverter.ToUInt16(data, 2 * i) << 16);
            if (float.IsNaN(expected) ? !float.IsNaN(values[i]) : BitConverter.SingleToInt32Bits(values[i]) != BitConverter.SingleToInt32Bits(expected))
                Assert.Fail($"number {i}: {values[i]}, not {expected}");
        }
    }

    [Test]
    public void Write_Bfloat16AmongFloat32_IsRoundedToNearestEvenAndReadBack()
    {
        string path = _folder["mixed"];
        using (SafetensorsWriter writer = new(path, [new SafetensorsEntry("h", "BF16", [3]), new SafetensorsEntry("empty", "BF16", [0]), new SafetensorsEntry("f", 1)]))
        {
            writer.Write([1.00390625f, 1.01171875f]);
            writer.Write([float.NaN, 1.00390625f]);
            writer.Complete();
        }

        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.That(file["h"].Bytes, Is.EqualTo(6));
        Assert.That(file.Read("h", 3), Is.EqualTo(new[] { 1f, 1.015625f, float.NaN }));
        Assert.That(file.Read("f", 1), Is.EqualTo(new[] { 1.00390625f }));
    }

    [Test]
    public void Open_MetadataOfNull_IsAsIfItWereAbsent()
    {
        using SafetensorsFile file = SafetensorsFile.Open(Raw("null", """{"__metadata__":null}""", []));
        Assert.That(file.Metadata, Is.Empty);
    }

    [Test]
    public void Open_Folder_IsRefused()
    {
        Directory.CreateDirectory(_folder["a-folder"]);
        Assert.That(() => SafetensorsFile.Open(_folder["a-folder"]), Refused("is a folder"));
    }

    [Test]
    public void Open_NameOfAMegabyte_GivesAShortLine()
    {
        string path = Raw("long-name", $$"""{"{{new string('x', 1_000_000)}}":3}""", []);
        Assert.That(() => SafetensorsFile.Open(path), Throws.TypeOf<InvalidDataException>().With.Message.Length.LessThan(400));
    }

    [Test]
    public void HasSame_TensorsOfTwoFiles_ComparesTypeShapeAndBytes()
    {
        string one = Raw("one", """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2,1],"data_offsets":[8,16]}}""", new byte[16]);
        byte[] changed = new byte[16];
        changed[7] = 1;
        string two = Raw("two", """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"I32","shape":[2],"data_offsets":[8,16]}}""", changed);
        using SafetensorsFile first = SafetensorsFile.Open(one), second = SafetensorsFile.Open(two);
        Assert.That(first.HasSame("a", first, "a"));
        Assert.That(first.HasSame("a", first, "b"), Is.False, "shape");
        Assert.That(first.HasSame("a", second, "b"), Is.False, "type");
        Assert.That(first.HasSame("a", second, "a"), Is.False, "bytes");
    }

    [TestCase("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "takes 8 bytes; data_offsets [0, 4] give 4")]
    [TestCase("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", 8, "data_offsets [8, 0] give -8")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 8, "tensor \"b\" overlaps")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}""", 12, "leaves a hole of 4 bytes")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "leaves a hole of 4 bytes")]
    [TestCase("""{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}""", 15, "cut off: tensor \"a\" ends at data byte 16")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 5, "1 bytes behind the last tensor")]
    [TestCase("""{"a":{"dtype":"F33","shape":[1],"data_offsets":[0,4]}}""", 4, "unknown type \"F33\"")]
    [TestCase("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, "integers of at least 0")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}""", 4, "integers of at least 0")]
    [TestCase("""{"a":{"dtype":"F32","shape":["x"],"data_offsets":[0,4]}}""", 4, "integers of at least 0")]
    [TestCase("""{"a":{"dtype":"F32","shape":[9223372036854775807,3],"data_offsets":[0,4]}}""", 4, "more numbers than can be counted")]
    [TestCase("""{"a":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,4]}}""", 4, "more numbers than can be counted")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "\"a\" stands twice")]
    [TestCase("""{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "has \"dtype\" twice")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}}""", 4, "unknown field \"x\"")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}""", 4, "two data_offsets")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1]}}""", 4, "needs dtype, shape and two data_offsets")]
    [TestCase("""{"a":{"dtype":3,"shape":[1],"data_offsets":[0,4]}}""", 4, "not valid JSON of a safetensors file")]
    [TestCase("""{"a":3}""", 0, "\"a\" is not an object")]
    [TestCase("""{"__metadata__":{"x":3}}""", 0, "__metadata__ \"x\" is not a string")]
    [TestCase("""{"__metadata__":{"x":"1","x":"2"}}""", 0, "holds \"x\" twice")]
    [TestCase("[]", 0, "the header is not an object")]
    [TestCase("", 0, "the header is not an object")]
    [TestCase(" {}", 0, "its first byte is not {")]
    [TestCase("{", 0, "not valid JSON")]
    [TestCase("{}\0", 0, "not valid JSON")]
    [TestCase("""{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,1]}}""", 1, "F4 [3] does not fill whole bytes")]
    [TestCase("""{"a":{"dtype":"F32","shape":[NaN],"data_offsets":[0,4]}}""", 4, "not valid JSON")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1e0],"data_offsets":[0,4]}}""", 4, "integers of at least 0")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,18446744073709551615]}}""", 4, "integers of at least 0")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[9223372036854775804,9223372036854775807]}}""", 4, "takes 4 bytes")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[9223372036854775800,9223372036854775804]}}""", 4, "cut off: tensor \"a\" ends at data byte 9223372036854775804")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}}""", 4, "more than 64 numbers")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\u0061":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "\"a\" stands twice")]
    [TestCase("""{"a":[[[[[[[[[[[[1]]]]]]]]]]]]}""", 0, "\"a\" is not an object")]
    [TestCase("""{"a":{"dtype":"F32","shape":[[[[[[[[[[1]]]]]]]]]],"data_offsets":[0,4]}}""", 4, "integers of at least 0")]
    [TestCase("""{"x\ny\u2028\u001b[2J":3}""", 0, "\"x\\u000ay\\u2028\\u001b[2J\" is not an object")]
    [TestCase("""{"\ud800":3}""", 0, "not valid JSON of a safetensors file")]
    [TestCase("{} x", 0, "not valid JSON")]
    public void Open_BadHeader_NamesFileAndTensor(string header, int dataLength, string problem)
    {
        string path = Raw("bad", header, new byte[dataLength]);
        Assert.That(() => SafetensorsFile.Open(path), Refused(problem));
    }

    [TestCase(0, "cut off: 0 bytes")]
    [TestCase(7, "cut off: 7 bytes")]
    [TestCase(20, "cut off: the header alone takes")]
    [TestCase(-1, "cut off: tensor \"b\" ends at data byte 28 and the file has 27")]
    public void Open_TruncatedFile_SaysCutOff(int length, string problem)
    {
        byte[] bytes = File.ReadAllBytes(WriteTwo("whole-to-cut"));
        string path = _folder["cut"];
        File.WriteAllBytes(path, bytes[..(length < 0 ? bytes.Length + length : length)]);
        Assert.That(() => SafetensorsFile.Open(path), Refused(problem));
    }

    [TestCase(ulong.MaxValue)]
    [TestCase(100_000_001UL)]
    public void Open_HugeHeaderLength_IsRefusedWithoutMemory(ulong length)
    {
        byte[] bytes = new byte[64];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
        string path = _folder["huge"];
        File.WriteAllBytes(path, bytes);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.That(() => SafetensorsFile.Open(path), Refused("at most 100000000 are allowed"));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1_000_000));
    }

    private static NUnit.Framework.Constraints.IResolveConstraint Refused(string problem) =>
        Throws.TypeOf<InvalidDataException>().With.Message.Contains(problem).And.Message.Not.Contain('\n');

    private string WriteTwo(string name)
    {
        string path = _folder[name];
        using SafetensorsWriter writer = new(path, [new SafetensorsEntry("a", 2, 3), new SafetensorsEntry("b")]);
        writer.Write([1, 2, 3, 4, 5, 6]);
        writer.Write([7]);
        writer.Complete();
        return path;
    }

    private string Write(string name, float[] values)
    {
        string path = _folder[name];
        using SafetensorsWriter writer = new(path, [new SafetensorsEntry("t", values.Length)]);
        writer.Write(values);
        writer.Complete();
        return path;
    }

    private string Raw(string name, string header, byte[] data)
    {
        byte[] length = new byte[8];
        byte[] json = Encoding.UTF8.GetBytes(header);
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)json.Length);
        string path = _folder[name];
        File.WriteAllBytes(path, [.. length, .. json, .. data]);
        return path;
    }
}
