namespace RlmEngine.Grading.Extraction;

/// <summary>Matches braces.</summary>
internal static class Braces
{
    /// <summary>Index of the brace that closes the one at <paramref name="open"/>, or -1; escaped braces do not count.</summary>
    public static int Close(ReadOnlySpan<char> text, int open)
    {
        int depth = 0;
        for (int i = open; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '\\':
                    i++;
                    break;
                case '{':
                    depth++;
                    break;
                case '}' when --depth == 0:
                    return i;
            }
        }

        return -1;
    }
}
