using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace RlmEngine.Corpus;

/// <summary>Which split a document belongs to, from its text alone.</summary>
public static class DocumentSplit
{
    /// <summary>
    /// Held out when u &lt; share, where u in [0, 1) is the first 53 bits of the SHA-256 of the text's UTF-8 bytes: equal texts are
    /// always on the same side, whatever their file, name or order, and a larger share only adds documents to the held-out ones.
    /// </summary>
    /// <param name="text">The document's text.</param>
    /// <param name="heldOut">Share of documents held out, in [0, 1].</param>
    public static CorpusSplit Of(string text, double heldOut)
    {
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(text));
        double uniform = (BinaryPrimitives.ReadUInt64BigEndian(hash) >> 11) * (1.0 / (1UL << 53));
        return uniform < heldOut ? CorpusSplit.HeldOut : CorpusSplit.Train;
    }
}
