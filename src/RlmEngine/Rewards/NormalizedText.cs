using System.Text;
using RlmEngine.Tokenization;

namespace RlmEngine.Rewards;

/// <summary>The form in which texts are compared: Unicode NFC, trimmed, each run of white space one space; case and punctuation stay.</summary>
public static class NormalizedText
{
    /// <summary>Normalizes a text; bytes that were no UTF-8 have become U+FFFD before and stay so.</summary>
    public static string Of(string text)
    {
        string composed = CanonicalComposition.Normalize(text);
        var result = new StringBuilder(composed.Length);
        foreach (char c in composed)
        {
            if (!char.IsWhiteSpace(c))
                result.Append(c);
            else if (result.Length > 0 && result[^1] != ' ')
                result.Append(' ');
        }
        if (result.Length > 0 && result[^1] == ' ')
            result.Length--;
        return result.ToString();
    }

    /// <summary>The words of a text: what stands between white space once it is normalized.</summary>
    public static string[] Words(string text) => Of(text).Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
