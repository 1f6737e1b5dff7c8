namespace RlmEngine.Corpus;

/// <summary>One unstructured text of the corpus.</summary>
/// <param name="Name">Where it stands: file, and line or record number; used in messages only.</param>
/// <param name="Text">Its UTF-8 text.</param>
/// <param name="Kind">Plain text, or a text whose special-token strings (such as &lt;think&gt;) are to be read as special tokens.</param>
public sealed record Document(string Name, string Text, DocumentKind Kind = DocumentKind.Plain);

/// <summary>How a document's text is to be read.</summary>
public enum DocumentKind
{
    /// <summary>All of the text is text; a literal "&lt;think&gt;" in it is seven ordinary characters.</summary>
    Plain,

    /// <summary>A base-stage document with visible thoughts: special-token strings in it are special tokens.</summary>
    Thoughts,
}

/// <summary>Which part of the corpus is read; a document belongs to one of them by the hash of its text.</summary>
public enum CorpusSplit
{
    /// <summary>Documents to train on.</summary>
    Train,

    /// <summary>Documents that no stage ever trains on.</summary>
    HeldOut,
}
