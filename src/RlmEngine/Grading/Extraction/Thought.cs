namespace RlmEngine.Grading.Extraction;

/// <summary>The part of a response in which the answer is stated.</summary>
internal static class Thought
{
    private const int LongestResponse = 1 << 18;

    private const string Close = "</think>";

    /// <summary>What follows the last closed thought, or all of it when that is blank or no thought is closed.</summary>
    public static string Skip(string response)
    {
        // An answer stands near the end; what is longer is no response that a model finished.
        if (response.Length > LongestResponse)
            response = response[^LongestResponse..];
        int at = response.LastIndexOf(Close, StringComparison.Ordinal);
        if (at < 0)
            return response;
        string rest = response[(at + Close.Length)..];
        return string.IsNullOrWhiteSpace(rest) ? response[..at] : rest;
    }
}
