using System.Text.RegularExpressions;

namespace RlmEngine.Grading.Programs;

/// <summary>Takes the program out of what a model wrote.</summary>
public static partial class CodeExtraction
{
    private const string EndOfThought = "</think>";

    /// <summary>Where HumanEval ends a completion: at the next thing that stands at the start of a line.</summary>
    private static readonly string[] s_stops = ["\nclass ", "\ndef ", "\n#", "\n@", "\nif ", "\nprint(", "\nprint ", "\nassert ", "\n```", "<|endoftext|>"];

    /// <summary>
    /// The last fenced block of Python after the thought; the last fenced block of any kind where none says it is Python; what stands
    /// between [BEGIN] and [DONE], MBPP's marks, where there is no block; else the whole text.
    /// </summary>
    /// <param name="response">What the model wrote.</param>
    public static string Program(string response)
    {
        ArgumentNullException.ThrowIfNull(response);
        string answer = AfterThought(response);
        return LastBlock(answer) ?? BetweenMarks(answer);
    }

    /// <summary>
    /// A whole program out of a prompt and a completion of it: the last fenced block, or the text itself, stands for the whole function where
    /// it defines it; else the text goes on where the prompt ends, up to HumanEval's stop sequences.
    /// </summary>
    /// <param name="prompt">The head of a function.</param>
    /// <param name="function">The function's name.</param>
    /// <param name="response">What the model wrote.</param>
    public static string Continue(string prompt, string function, string response)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        ArgumentNullException.ThrowIfNull(response);
        string answer = AfterThought(response);
        string? block = LastBlock(answer);
        string code = block ?? answer;
        if (Regex.IsMatch(code, $@"^(async[ \t]+)?def[ \t]+{Regex.Escape(function)}\b", RegexOptions.Multiline))
            return $"{prompt}\n    pass\n\n{code}\n";
        // A block that opens with a statement at the margin is a body that lost its indentation with its fence.
        string body = block is not null && block.Length > 0 && !char.IsWhiteSpace(block[0]) ? Indented(block) : code;
        return prompt + UpToStop(body) + "\n";
    }

    private static string AfterThought(string response)
    {
        int end = response.LastIndexOf(EndOfThought, StringComparison.Ordinal);
        return end < 0 ? response : response[(end + EndOfThought.Length)..];
    }

    private static string? LastBlock(string text)
    {
        (string Language, string Code)[] blocks = [.. Fences().Matches(text).Select(match => (match.Groups["language"].Value, match.Groups["code"].Value))];
        return blocks.LastOrDefault(block => IsPython(block.Language)).Code ?? blocks.LastOrDefault().Code;
    }

    private static bool IsPython(string language)
        => language.Trim().ToUpperInvariant() is "PYTHON" or "PYTHON3" or "PY" or "PY3";

    private static string BetweenMarks(string text)
    {
        int begin = text.IndexOf("[BEGIN]", StringComparison.Ordinal);
        string rest = begin < 0 ? text : text[(begin + "[BEGIN]".Length)..];
        int done = rest.IndexOf("[DONE]", StringComparison.Ordinal);
        return done < 0 ? rest : rest[..done];
    }

    private static string UpToStop(string completion)
    {
        int end = s_stops.Select(stop => completion.IndexOf(stop, StringComparison.Ordinal)).Where(at => at >= 0).DefaultIfEmpty(completion.Length).Min();
        return completion[..end];
    }

    private static string Indented(string code)
        => string.Join('\n', code.Split('\n').Select(line => line.Trim().Length == 0 ? line : "    " + line));

    /// <summary>A fence at the start of a line up to the next one, or to the end where it is not closed.</summary>
    [GeneratedRegex(@"^[ \t]*```(?<language>[^\n`]*)\n(?<code>.*?)(^[ \t]*```[ \t]*\r?$|\z)", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fences();
}
