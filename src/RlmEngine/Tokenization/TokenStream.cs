using RlmEngine.Corpus;

namespace RlmEngine.Tokenization;

/// <summary>An endless stream of training windows, pass after pass over one split of a corpus, that can restart at any place exactly.</summary>
/// <remarks>The windows depend on corpus, tokenizer and window size alone, never on how many were asked for at a time.</remarks>
public sealed class TokenStream : IDisposable
{
    private readonly ICorpus _corpus;
    private readonly ITokenizer _tokenizer;
    private readonly int _maxTokens;
    private readonly CorpusSplit _split;
    private IEnumerator<Document>? _documents;
    private List<TokenWindow> _windows = [];
    private TokenCursor _cursor;

    /// <summary>Makes a stream that begins at a place.</summary>
    /// <param name="corpus">The documents.</param>
    /// <param name="tokenizer">Cuts them into tokens.</param>
    /// <param name="windowTokens">Tokens of a window at most, at least 2.</param>
    /// <param name="split">The split to read.</param>
    /// <param name="start">Where to begin; documents before it are skipped without being tokenized.</param>
    public TokenStream(ICorpus corpus, ITokenizer tokenizer, int windowTokens, CorpusSplit split = CorpusSplit.Train, TokenCursor start = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(windowTokens, 2);
        _corpus = corpus;
        _tokenizer = tokenizer;
        _maxTokens = windowTokens;
        _split = split;
        _cursor = start;
    }

    /// <summary>The first window that was not given yet; a new stream that starts here goes on with the same windows.</summary>
    public TokenCursor Cursor => _cursor;

    /// <summary>Gives the next windows, whole: as many as predict at most so many tokens together, but at least one.</summary>
    /// <param name="tokens">Tokens predicted (rows) at most, where one window alone is not more; at least 1.</param>
    /// <exception cref="InvalidDataException">The split holds no document, or the corpus ends before the place to begin at.</exception>
    public IReadOnlyList<TokenWindow> Next(int tokens)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(tokens, 1);
        var taken = new List<TokenWindow>();
        for (TokenWindow next = Peek(); taken.Count == 0 || next.PredictedCount <= tokens; next = Peek())
        {
            taken.Add(next);
            tokens -= next.PredictedCount;
            _cursor = _cursor with { Window = _cursor.Window + 1 };
        }

        return taken;
    }

    /// <inheritdoc/>
    public void Dispose() => _documents?.Dispose();

    private TokenWindow Peek()
    {
        if (_documents is null)
            Open();
        while (_cursor.Window >= _windows.Count)
        {
            _cursor = new TokenCursor(_cursor.Pass, _cursor.Document + 1, 0);
            if (!ReadDocument())
                OpenNextPass();
        }

        return _windows[_cursor.Window];
    }

    private void Open()
    {
        _documents = _corpus.Read(_split, _cursor.Pass).GetEnumerator();
        for (long skipped = 0; skipped < _cursor.Document; skipped++)
        {
            if (!_documents.MoveNext())
                throw new InvalidDataException($"the corpus has only {skipped} documents in pass {_cursor.Pass}, and {_cursor.Document} were read before; it is another corpus");
        }

        if (!ReadDocument())
            OpenNextPass();
    }

    private void OpenNextPass()
    {
        _documents?.Dispose();
        _cursor = new TokenCursor(_cursor.Pass + 1, 0, 0);
        _documents = _corpus.Read(_split, _cursor.Pass).GetEnumerator();
        if (!ReadDocument())
            throw new InvalidDataException($"the corpus has no documents in its {(_split == CorpusSplit.Train ? "training" : "held-out")} part; change the held-out share or give more documents");
    }

    private bool ReadDocument()
    {
        _windows = [];
        if (!_documents!.MoveNext())
            return false;
        Document document = _documents.Current;
        _windows.AddRange(DocumentPacker.Windows(DocumentPacker.Sequence(_tokenizer, document), _maxTokens, document.Name));
        return true;
    }
}
