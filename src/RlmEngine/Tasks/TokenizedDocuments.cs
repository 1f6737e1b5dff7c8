using System.Diagnostics.CodeAnalysis;
using RlmEngine.Corpus;
using RlmEngine.Tokenization;

namespace RlmEngine.Tasks;

/// <summary>An endless sequence of training documents as token ids, pass after pass, that can go to any saved place.</summary>
/// <remarks>Each document begins with the token that marks the beginning of a text.</remarks>
public sealed class TokenizedDocuments : IDisposable
{
    private readonly ICorpus _corpus;
    private readonly ITokenizer _tokenizer;
    private IEnumerator<Document>? _reader;

    /// <summary>Stands before the first document of the first pass.</summary>
    public TokenizedDocuments(ICorpus corpus, ITokenizer tokenizer) => (_corpus, _tokenizer) = (corpus, tokenizer);

    /// <summary>Where the next document will be taken from.</summary>
    public TaskCursor Cursor { get; private set; }

    /// <summary>The next document.</summary>
    /// <exception cref="InvalidDataException">The corpus holds no training documents.</exception>
    public int[] Next()
    {
        _reader ??= Open(Cursor);
        if (!_reader.MoveNext())
        {
            Cursor = new TaskCursor(Cursor.Pass + 1, 0);
            Reopen();
            if (!_reader.MoveNext())
                throw new InvalidDataException("corpus: no training documents are left after the held-out ones are set aside; add documents");
        }
        Cursor = Cursor with { Document = Cursor.Document + 1 };
        return Encode(_tokenizer, _reader.Current);
    }

    /// <summary>Goes to a saved place.</summary>
    public void Restore(TaskCursor cursor)
    {
        _reader?.Dispose();
        _reader = null;
        Cursor = cursor;
    }

    /// <summary>The beginning token, then the document's ids.</summary>
    public static int[] Encode(ITokenizer tokenizer, Document document) =>
        [tokenizer.Special.Begin, .. tokenizer.Encode(document.Text, document.Kind == DocumentKind.Thoughts)];

    /// <summary>Closes the corpus; the next document would open it again where it was left.</summary>
    public void Dispose()
    {
        _reader?.Dispose();
        _reader = null;
    }

    [MemberNotNull(nameof(_reader))]
    private void Reopen()
    {
        _reader?.Dispose();
        _reader = Open(Cursor);
    }

    private IEnumerator<Document> Open(TaskCursor cursor)
    {
        IEnumerator<Document> reader = _corpus.Read(CorpusSplit.Train, cursor.Pass).GetEnumerator();
        for (long i = 0; i < cursor.Document && reader.MoveNext(); i++)
        {
        }
        return reader;
    }
}
