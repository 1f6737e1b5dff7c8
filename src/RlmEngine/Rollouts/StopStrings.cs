using System.Text;

namespace RlmEngine.Rollouts;

/// <summary>Strings that end an answer where they first stand in it, spread over any tokens.</summary>
public sealed class StopStrings
{
    private readonly byte[][] _strings;

    /// <summary>Takes the strings; empty ones are left out.</summary>
    public StopStrings(IReadOnlyList<string> strings)
    {
        Strings = [.. strings.Where(text => text.Length > 0)];
        _strings = [.. Strings.Select(Encoding.UTF8.GetBytes)];
        Longest = _strings.Length == 0 ? 0 : _strings.Max(text => text.Length);
    }

    /// <summary>The strings.</summary>
    public IReadOnlyList<string> Strings { get; }

    /// <summary>Bytes of the longest.</summary>
    public int Longest { get; }

    /// <summary>Adds a token's bytes to the end of a text, and says whether one of the strings now stands in it.</summary>
    /// <param name="tail">The last bytes so far; keeps as many as the next call needs.</param>
    /// <param name="bytes">Bytes of the next token.</param>
    public bool EndedBy(List<byte> tail, ReadOnlySpan<byte> bytes)
    {
        tail.AddRange(bytes);
        ReadOnlySpan<byte> text = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(tail);
        foreach (byte[] stop in _strings)
        {
            if (text.IndexOf(stop) >= 0)
                return true;
        }

        if (tail.Count >= Longest)
            tail.RemoveRange(0, tail.Count - Math.Max(0, Longest - 1));
        return false;
    }

    /// <summary>The text before the first of the strings in it; all of it where it has none.</summary>
    public string Cut(string text)
    {
        int end = text.Length;
        foreach (string stop in Strings)
        {
            int at = text.AsSpan(0, end).IndexOf(stop, StringComparison.Ordinal);
            end = at >= 0 ? at : end;
        }

        return text[..end];
    }
}
