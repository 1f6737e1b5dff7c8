using RlmEngine.Corpus;
using RlmEngine.Losses;
using RlmEngine.Tokenization;

namespace RlmEngine.Training;

/// <summary>Training windows from a stream of documents, with the stream's place as named counters.</summary>
internal sealed class DocumentFeed : IDisposable
{
    private readonly ICorpus _corpus;
    private readonly ITokenizer _tokenizer;
    private readonly int _length;
    private TokenStream _stream;

    public DocumentFeed(ICorpus corpus, ITokenizer tokenizer, int length, int firstPass = 0)
    {
        (_corpus, _tokenizer, _length) = (corpus, tokenizer, length);
        _stream = new TokenStream(corpus, tokenizer, length, start: new TokenCursor(firstPass, 0, 0));
    }

    public IReadOnlyDictionary<string, long> Cursor => new Dictionary<string, long>
    {
        ["pass"] = _stream.Cursor.Pass,
        ["document"] = _stream.Cursor.Document,
        ["window"] = _stream.Cursor.Window,
    };

    public IEnumerable<DocumentWindow> Next(int tokens) => _stream.Next(tokens).Select(window => new DocumentWindow(window.Tokens_L));

    public void Restore(IReadOnlyDictionary<string, long> cursor)
    {
        _stream.Dispose();
        var start = new TokenCursor((int)cursor["pass"], cursor["document"], (int)cursor["window"]);
        _stream = new TokenStream(_corpus, _tokenizer, _length, start: start);
    }

    public void Dispose() => _stream.Dispose();
}
