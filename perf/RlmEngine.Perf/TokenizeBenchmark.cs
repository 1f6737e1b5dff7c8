using System.Text;
using BenchmarkDotNet.Attributes;
using RlmEngine.Tokenization;

namespace RlmEngine.Perf;

/// <summary>Encoding and decoding a book, a word of a megabyte, and loading, with a published vocabulary from the shared data beside the repository.</summary>
/// <remarks>Bytes a call: 1,115,394 of tinyshakespeare.txt, 1,000,000 of the word.</remarks>
[MemoryDiagnoser]
public class TokenizeBenchmark
{
    private string _folder = "", _text = "", _word = "";
    private string[] _documents = [];
    private int[] _tokens = [];
    private byte[] _content = [];
    private ByteLevelBpe _tokenizer = null!;

    [Params("qwen3", "gpt2")]
    public string Vocabulary { get; set; } = "qwen3";

    [GlobalSetup]
    public void Setup()
    {
        string data = SharedData();
        _folder = Path.Combine(data, "tokenizers", Vocabulary);
        _tokenizer = ByteLevelBpe.Load(_folder);
        _content = File.ReadAllBytes(Path.Combine(data, "corpora", "tinyshakespeare.txt"));
        _text = Encoding.UTF8.GetString(_content);
        _documents = _text.Split("\n\n");
        _tokens = _tokenizer.Encode(_text);
        var random = new Random(1);
        _word = string.Concat(Enumerable.Range(0, 1_000_000).Select(_ => (char)('a' + random.Next(26))));
    }

    [Benchmark(Baseline = true)]
    public int[] EncodeOneThread() => _tokenizer.Encode(_text, parseSpecial: true);

    [Benchmark]
    public int[] EncodeParallel() => _tokenizer.EncodeContent(_content, parseSpecial: true);

    [Benchmark]
    public int[][] EncodeDocumentsParallel() => _tokenizer.EncodeAll(_documents);

    [Benchmark]
    public string Decode() => _tokenizer.Decode(_tokens);

    [Benchmark]
    public int[] EncodeWordOfAMegabyte() => _tokenizer.Encode(_word);

    [Benchmark]
    public ByteLevelBpe Load() => ByteLevelBpe.Load(_folder);

    private static string SharedData()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string path = Path.Combine(folder.FullName, "shared", "data");
            if (Directory.Exists(path))
                return path;
        }

        throw new DirectoryNotFoundException("shared/data stands beside no folder above the program");
    }
}
