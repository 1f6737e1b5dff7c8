using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using RlmEngine.Corpus;
using RlmEngine.Tests.Tokenization;

namespace RlmEngine.Tests.Corpus;

/// <summary>Every file of shared/data/formats reads, or is refused by name.</summary>
internal sealed partial class FormatsFolderTests
{
    /// <summary>
    /// File, column, rows, documents, and the first 16 digits of the SHA-256 of their texts joined by zero bytes. Rows and values agree with
    /// DuckDB 1.5.6's, except those of two files that it does not read (byte_stream_split_extended, whose halves must agree with each other,
    /// and non_hadoop_lz4_compressed, which must agree with lz4_raw_compressed). Rows that are no document are null, empty or no UTF-8.
    /// </summary>
    public static IEnumerable<TestCaseData> Columns()
    {
        static TestCaseData Case(string file, string column, int rows, int documents, string hash) =>
            new TestCaseData(file, column, rows, documents, hash).SetArgDisplayNames(file, column);
        yield return Case("bupo_deepmath-5k.parquet", "question", 5000, 5000, "fc29a1a4de7f0477");
        yield return Case("bupo_deepmath-5k.parquet", "final_answer", 5000, 5000, "90607acf6c5006cb");
        yield return Case("bupo_deepmath-5k.parquet", "difficulty", 5000, 5000, "876ac8b2930e68b9");
        yield return Case("bupo_deepmath-5k.parquet", "prompt[].content", 5000, 5000, "36951bfeea90e090");
        yield return Case("bupo_deepmath-5k.parquet", "prompt[].role", 5000, 5000, "fad1c6d736f82604");
        yield return Case("bupo_deepmath-5k.parquet", "data_source", 5000, 5000, "25bafcb3beec8f5a");
        yield return Case("bupo_deepmath-5k.parquet", "reward_model.ground_truth", 5000, 5000, "90607acf6c5006cb");
        yield return Case("bupo_deepmath-5k.parquet", "extra_info.index", 5000, 5000, "c40c3312cf1fc308");
        yield return Case("bupo_deepmath-5k.parquet", "extra_info.split", 5000, 0, "e3b0c44298fc1c14");
        yield return Case("dapo_mini64.parquet", "data_source", 16, 16, "41eea9cf160c73d5");
        yield return Case("dapo_mini64.parquet", "prompt[].content", 16, 16, "d98258eabff9492f");
        yield return Case("dapo_mini64.parquet", "prompt[].role", 16, 16, "380aea4cafd16297");
        yield return Case("dapo_mini64.parquet", "ability", 16, 16, "79e4566462b77236");
        yield return Case("dapo_mini64.parquet", "reward_model.ground_truth", 16, 16, "875ad1930e2c327f");
        yield return Case("dapo_mini64.parquet", "reward_model.style", 16, 16, "fd2f580bc99cb4f9");
        yield return Case("dapo_mini64.parquet", "extra_info.index", 16, 16, "c45429011cec60db");
        yield return Case("gsm8k_hf_test.parquet", "question", 1319, 1319, "38cd34aab6890cfe");
        yield return Case("gsm8k_hf_test.parquet", "answer", 1319, 1319, "d262dcce6c609e1e");
        yield return Case("parquet-testing/alltypes_dictionary.parquet", "id", 2, 2, "28578a6d4a77ab68");
        yield return Case("parquet-testing/alltypes_dictionary.parquet", "bool_col", 2, 2, "2d74be150c963e62");
        yield return Case("parquet-testing/alltypes_dictionary.parquet", "tinyint_col", 2, 2, "28578a6d4a77ab68");
        yield return Case("parquet-testing/alltypes_dictionary.parquet", "smallint_col", 2, 2, "28578a6d4a77ab68");
        yield return Case("parquet-testing/alltypes_dictionary.parquet", "int_col", 2, 2, "28578a6d4a77ab68");
        yield return Case("parquet-testing/alltypes_dictionary.parquet", "bigint_col", 2, 2, "d2b235718d01d287");
        yield return Case("parquet-testing/alltypes_dictionary.parquet", "float_col", 2, 2, "eb08db4636195d0b");
        yield return Case("parquet-testing/alltypes_dictionary.parquet", "double_col", 2, 2, "aaf105d60a4f77e8");
        yield return Case("parquet-testing/alltypes_dictionary.parquet", "date_string_col", 2, 2, "2a24a886504eed10");
        yield return Case("parquet-testing/alltypes_dictionary.parquet", "string_col", 2, 2, "28578a6d4a77ab68");
        yield return Case("parquet-testing/alltypes_dictionary.parquet", "timestamp_col", 2, 2, "1f7584afaefefef0");
        yield return Case("parquet-testing/alltypes_plain.parquet", "id", 8, 8, "06ff05274dd9e0f3");
        yield return Case("parquet-testing/alltypes_plain.parquet", "bool_col", 8, 8, "581746b178a6fc94");
        yield return Case("parquet-testing/alltypes_plain.parquet", "tinyint_col", 8, 8, "51785a8177fa25bc");
        yield return Case("parquet-testing/alltypes_plain.parquet", "smallint_col", 8, 8, "51785a8177fa25bc");
        yield return Case("parquet-testing/alltypes_plain.parquet", "int_col", 8, 8, "51785a8177fa25bc");
        yield return Case("parquet-testing/alltypes_plain.parquet", "bigint_col", 8, 8, "181789658e1a1528");
        yield return Case("parquet-testing/alltypes_plain.parquet", "float_col", 8, 8, "ddb13001424819a1");
        yield return Case("parquet-testing/alltypes_plain.parquet", "double_col", 8, 8, "4efaba15efd56b5f");
        yield return Case("parquet-testing/alltypes_plain.parquet", "date_string_col", 8, 8, "6cc2709f3b22e7f3");
        yield return Case("parquet-testing/alltypes_plain.parquet", "string_col", 8, 8, "51785a8177fa25bc");
        yield return Case("parquet-testing/alltypes_plain.parquet", "timestamp_col", 8, 8, "4b2bd59e131533e6");
        yield return Case("parquet-testing/alltypes_plain.snappy.parquet", "id", 2, 2, "4e1400be05ed7876");
        yield return Case("parquet-testing/alltypes_plain.snappy.parquet", "timestamp_col", 2, 2, "ce252744c7e86647");
        yield return Case("parquet-testing/binary.parquet", "foo", 12, 9, "8e89abbb196ef086");
        yield return Case("parquet-testing/byte_stream_split.zstd.parquet", "f32", 300, 300, "f795a912bf7e3c21");
        yield return Case("parquet-testing/byte_stream_split.zstd.parquet", "f64", 300, 300, "9cacf2b1439f828e");
        yield return Case("parquet-testing/byte_stream_split_extended.gzip.parquet", "float16_plain", 200, 200, "47860d72e5fbdddb");
        yield return Case("parquet-testing/byte_stream_split_extended.gzip.parquet", "float16_byte_stream_split", 200, 200, "47860d72e5fbdddb");
        yield return Case("parquet-testing/byte_stream_split_extended.gzip.parquet", "float_plain", 200, 200, "a90269e5b5d90055");
        yield return Case("parquet-testing/byte_stream_split_extended.gzip.parquet", "float_byte_stream_split", 200, 200, "a90269e5b5d90055");
        yield return Case("parquet-testing/byte_stream_split_extended.gzip.parquet", "double_plain", 200, 200, "f9a2d7e67bb9c896");
        yield return Case("parquet-testing/byte_stream_split_extended.gzip.parquet", "double_byte_stream_split", 200, 200, "f9a2d7e67bb9c896");
        yield return Case("parquet-testing/byte_stream_split_extended.gzip.parquet", "int32_plain", 200, 200, "f8b02a7f37915107");
        yield return Case("parquet-testing/byte_stream_split_extended.gzip.parquet", "int32_byte_stream_split", 200, 200, "f8b02a7f37915107");
        yield return Case("parquet-testing/byte_stream_split_extended.gzip.parquet", "int64_plain", 200, 200, "0fc193a46e93050d");
        yield return Case("parquet-testing/byte_stream_split_extended.gzip.parquet", "int64_byte_stream_split", 200, 200, "0fc193a46e93050d");
        yield return Case("parquet-testing/byte_stream_split_extended.gzip.parquet", "flba5_plain", 200, 200, "4ce59efe39a849c1");
        yield return Case("parquet-testing/byte_stream_split_extended.gzip.parquet", "flba5_byte_stream_split", 200, 200, "4ce59efe39a849c1");
        yield return Case("parquet-testing/byte_stream_split_extended.gzip.parquet", "decimal_plain", 200, 200, "a36d18a52f70795c");
        yield return Case("parquet-testing/byte_stream_split_extended.gzip.parquet", "decimal_byte_stream_split", 200, 200, "a36d18a52f70795c");
        yield return Case("parquet-testing/concatenated_gzip_members.parquet", "long_col", 513, 513, "85ac86b74fd7f6fb");
        yield return Case("parquet-testing/datapage_v2.snappy.parquet", "a", 5, 4, "fa0b2476fca70d99");
        yield return Case("parquet-testing/datapage_v2.snappy.parquet", "b", 5, 5, "208989f4febcc030");
        yield return Case("parquet-testing/datapage_v2.snappy.parquet", "c", 5, 5, "2039759cb7a0eb20");
        yield return Case("parquet-testing/datapage_v2.snappy.parquet", "d", 5, 5, "cb45c03cfdb146e4");
        yield return Case("parquet-testing/datapage_v2.snappy.parquet", "e[]", 5, 3, "e0ee7fd3a1cacbb2");
        yield return Case("parquet-testing/delta_binary_packed.parquet", "bitwidth0", 200, 200, "3b6460ff28be50a1");
        yield return Case("parquet-testing/delta_binary_packed.parquet", "bitwidth33", 200, 200, "65a1ee1efad24bbc");
        yield return Case("parquet-testing/delta_binary_packed.parquet", "bitwidth64", 200, 200, "b11b7d94e60ebad9");
        yield return Case("parquet-testing/delta_binary_packed.parquet", "int_value", 200, 200, "81ff4421b2676031");
        yield return Case("parquet-testing/delta_byte_array.parquet", "c_customer_id", 1000, 1000, "fe2bf22474a1e6dc");
        yield return Case("parquet-testing/delta_byte_array.parquet", "c_salutation", 1000, 970, "f5fdb5e138d9a1f0");
        yield return Case("parquet-testing/delta_byte_array.parquet", "c_first_name", 1000, 968, "ceefeca2a2434f73");
        yield return Case("parquet-testing/delta_byte_array.parquet", "c_last_name", 1000, 976, "b4a200be1d460461");
        yield return Case("parquet-testing/delta_byte_array.parquet", "c_preferred_cust_flag", 1000, 971, "d68643304942afdd");
        yield return Case("parquet-testing/delta_byte_array.parquet", "c_birth_country", 1000, 969, "ad17050dfe31c10e");
        yield return Case("parquet-testing/delta_byte_array.parquet", "c_login", 1000, 0, "e3b0c44298fc1c14");
        yield return Case("parquet-testing/delta_byte_array.parquet", "c_email_address", 1000, 969, "23ce1d11070a53c5");
        yield return Case("parquet-testing/delta_byte_array.parquet", "c_last_review_date", 1000, 975, "a3d72ba1fc6befe6");
        yield return Case("parquet-testing/delta_length_byte_array.parquet", "FRUIT", 1000, 1000, "4e2cb91f27330d1c");
        yield return Case("parquet-testing/fixed_length_byte_array.parquet", "flba_field", 1000, 460, "bcdcdfc1aebcb497");
        yield return Case("parquet-testing/list_columns.parquet", "int64_list[]", 3, 3, "4f06010dc7439283");
        yield return Case("parquet-testing/list_columns.parquet", "utf8_list[]", 3, 2, "dad8ea65f49905c0");
        yield return Case("parquet-testing/lz4_raw_compressed.parquet", "c0", 4, 4, "ec26afa49cde66a8");
        yield return Case("parquet-testing/lz4_raw_compressed.parquet", "c1", 4, 4, "7ea751aa0bf05ae0");
        yield return Case("parquet-testing/lz4_raw_compressed.parquet", "v11", 4, 4, "5137ec0be42f973f");
        yield return Case("parquet-testing/nested_lists.snappy.parquet", "a[][][]", 3, 3, "a64134036dc1325e");
        yield return Case("parquet-testing/nested_lists.snappy.parquet", "b", 3, 3, "d176a3ce5dc7fc10");
        yield return Case("parquet-testing/nested_structs.rust.parquet", "roll_num.min", 1, 1, "7a5f95989f17d9db");
        yield return Case("parquet-testing/nested_structs.rust.parquet", "roll_num.mean", 1, 1, "7eea437120d285a9");
        yield return Case("parquet-testing/nested_structs.rust.parquet", "BIA_3.max", 1, 1, "5feceb66ffc86f38");
        yield return Case("parquet-testing/non_hadoop_lz4_compressed.parquet", "c0", 4, 4, "ec26afa49cde66a8");
        yield return Case("parquet-testing/non_hadoop_lz4_compressed.parquet", "c1", 4, 4, "7ea751aa0bf05ae0");
        yield return Case("parquet-testing/non_hadoop_lz4_compressed.parquet", "v11", 4, 4, "5137ec0be42f973f");
        yield return Case("parquet-testing/nullable.impala.parquet", "id", 7, 7, "6070dd37892bc2c9");
        yield return Case("parquet-testing/nullable.impala.parquet", "int_array[]", 7, 2, "ef82522d8010edce");
        yield return Case("parquet-testing/nullable.impala.parquet", "int_array_Array[][]", 7, 3, "25d13bd89cbd376d");
        yield return Case("parquet-testing/nullable.impala.parquet", "int_map[].key", 7, 3, "947f52b13570f7f8");
        yield return Case("parquet-testing/nullable.impala.parquet", "int_map[].value", 7, 2, "61907c5fd2c3413a");
        yield return Case("parquet-testing/nullable.impala.parquet", "int_Map_Array[][].key", 7, 2, "6365efbe397c9992");
        yield return Case("parquet-testing/nullable.impala.parquet", "int_Map_Array[][].value", 7, 2, "b05a11033c781c31");
        yield return Case("parquet-testing/nullable.impala.parquet", "nested_struct.A", 7, 2, "e6a6f94caa00389f");
        yield return Case("parquet-testing/nullable.impala.parquet", "nested_struct.b[]", 7, 2, "d384720e12db24dd");
        yield return Case("parquet-testing/nullable.impala.parquet", "nested_struct.C.d[][].E", 7, 2, "3d51a032571e6fdf");
        yield return Case("parquet-testing/nullable.impala.parquet", "nested_struct.C.d[][].F", 7, 2, "8f6a661dc90a876f");
        yield return Case("parquet-testing/nullable.impala.parquet", "nested_struct.g[].key", 7, 3, "131618d0464d40dc");
        yield return Case("parquet-testing/nullable.impala.parquet", "nested_struct.g[].value.H.i[]", 7, 3, "7efbc5418de76fe6");
        yield return Case("parquet-testing/nulls.snappy.parquet", "b_struct.b_c_int", 8, 0, "e3b0c44298fc1c14");
        yield return Case("parquet-testing/page_v2_empty_compressed.parquet", "integer_column", 10, 0, "e3b0c44298fc1c14");
        yield return Case("parquet-testing/rle_boolean_encoding.parquet", "datatype_boolean", 68, 62, "5ad2884518de8169");
        yield return Case("c4-sample.01.json.gz", "text", 10, 10, "a6da1c33fd7e2da0");
        yield return Case("cc_en_head-0091.jsonl", "text", 10, 10, "c67be28f6c81a34c");
        yield return Case("cc_en_head-0091.jsonl.gz", "text", 10, 10, "c67be28f6c81a34c");
        yield return Case("dolma_test.jsonl.zst", "message", 1, 1, "2e99758548972a8e");
    }

    [TestCaseSource(nameof(Columns))]
    public void Read_Column_HasTheseRowsAndTexts(string file, string column, int rows, int documents, string hash)
    {
        RecordReading[] records = Records(file, column);
        string[] texts = [.. records.Where(record => record.Reason is null).Select(record => record.Text)];
        Assert.That((records.Length, texts.Length), Is.EqualTo((rows, documents)));
        Assert.That(records.Where(record => record.Reason is not null).Select(record => record.Reason).Distinct(), Is.SubsetOf(new[] { "empty", "invalid UTF-8" }));
        string actual = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', texts))));
        Assert.That(actual[..16], Is.EqualTo(hash));
    }

    private static RecordReading[] Records(string file, string field)
    {
        string path = SharedData.PathOf(Path.Combine("formats", file));
        FieldPath[] fields = [FieldPath.Parse(field)];
        return CorpusFiles.IsParquet(path)
            ? [.. RlmEngine.Corpus.Parquet.ParquetReader.Read(path, fields, 1 << 24)]
            : [.. JsonLinesReader.Read(path, fields, 1 << 24)];
    }

    [Test]
    public void Read_ValueOfAGigabyte_IsRefusedByNameInLittleMemory()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        RecordReading refused = Records("parquet-testing/large_string_map.brotli.parquet", "arr.key").Single();
        Assert.That(refused.Detail, Does.Contain("\"arr.key\": a page of 1073741828 bytes is larger than 536870912; rows from 1 to 2 are lost"));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1 << 20));
    }

    [Test]
    public void Walk_WholeFolder_HasNoFileThatIsNotExpected()
    {
        string root = SharedData.PathOf("formats");
        string[] files = [.. Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(root, path).Replace('\\', '/'))];
        string[] others = [.. files.Where(file => Path.GetFileName(file) is "LICENSE.txt" or "README.md" || Path.GetExtension(file) is ".LICENSE" or ".csv")];
        string[] expected = [.. Columns().Select(test => (string)test.Arguments[0]!).Append("parquet-testing/large_string_map.brotli.parquet").Distinct()];
        Assert.That(files.Except(others), Is.EquivalentTo(expected));
        foreach (string csv in files.Where(file => file.EndsWith(".csv", StringComparison.Ordinal)))
        {
            Assert.That(
                () => new FileCorpus(new CorpusOptions { Paths = [Path.Combine(root, csv)] }, 1),
                Throws.TypeOf<InvalidDataException>().With.Message.Contains("of a kind that is not read").And.Message.Contains(csv));
        }
    }

    [Test]
    public void Read_WholeFolder_GoesThroughAndNamesWhatIsNot()
    {
        var corpus = new FileCorpus(new CorpusOptions { Paths = [SharedData.PathOf("formats")], HeldOut = 1, Fields = ["text"] }, 1);
        Document[] documents = [.. corpus.Read(CorpusSplit.HeldOut)];
        Assert.That(documents.Count(document => document.Name.Contains("c4-sample") || document.Name.Contains("cc_en_head")), Is.EqualTo(30));

        // The README.md and the LICENSE.txt of parquet-testing are texts, too.
        Assert.That(documents, Has.Length.EqualTo(32));

        // Each Parquet file, and the one record of dolma_test.jsonl.zst, names its text otherwise.
        int parquet = Directory.EnumerateFiles(SharedData.PathOf("formats"), "*.parquet", SearchOption.AllDirectories).Count();
        Assert.That(corpus.Report.LeftOut, Is.EqualTo(new Dictionary<string, long> { ["malformed"] = parquet + 1 }));
    }

    [TestCase("delta_binary_packed", 66)]
    [TestCase("delta_byte_array", 9)]
    public void Read_AllColumns_EqualTheCsvBesideThem(string name, int columns)
    {
        string[] lines = File.ReadAllLines(SharedData.PathOf($"formats/parquet-testing/{name}_expect.csv"));
        string[][] cells = [.. lines.Select(line => CellSeparator().Split(line).Select(cell => cell.Trim('"')).ToArray())];
        Assert.That(cells[0], Has.Length.EqualTo(columns));
        for (int column = 0; column < columns; column++)
        {
            RecordReading[] records = Records($"parquet-testing/{name}.parquet", cells[0][column]);
            Assert.That(records.Select(record => record.Text), Is.EqualTo(cells[1..].Select(row => row[column])), cells[0][column]);
        }
    }

    /// <summary>A comma with an even number of quotes after it.</summary>
    [GeneratedRegex("""
        ,(?=(?:[^"]*"[^"]*")*[^"]*$)
        """)]
    private static partial Regex CellSeparator();
}
