namespace RlmEngine.Evaluation.Suites;

/// <summary>Takes a program out of a response: what stands in its last fenced block, or all of it where it has none.</summary>
public static class CodeBlock
{
    private const string Fence = "```";

    /// <summary>The program; a block that is not closed goes to the end.</summary>
    public static string Of(string response)
    {
        List<int> fences = [];
        for (int at = response.IndexOf(Fence, StringComparison.Ordinal); at >= 0; at = response.IndexOf(Fence, at + Fence.Length, StringComparison.Ordinal))
            fences.Add(at);
        if (fences.Count == 0)
            return response;
        int open = fences.Count % 2 == 0 ? fences[^2] : fences[^1];
        int close = fences.Count % 2 == 0 ? fences[^1] : response.Length;
        int line = response.IndexOf('\n', open, close - open);
        return line < 0 ? "" : response[(line + 1)..close];
    }
}
