using System.Text.RegularExpressions;
using RlmEngine.Grading;
using RlmEngine.Grading.Extraction;
using RlmEngine.Grading.Programs;

namespace RlmEngine.Evaluation.Suites;

/// <summary>
/// Takes answers out of the responses to one prompt, step by step. The harness's functions: regex, take_first, take_first_k, majority_vote,
/// remove_whitespace, lowercase, uppercase; the engine's: final_answer and boxed (mathematics), choice_letter, code.
/// </summary>
/// <remarks>A thought up to its &lt;/think&gt; is no part of a response, as with the harness's think_end_token.</remarks>
public sealed class ResponseFilter
{
    // A pattern of the user's own may backtrack without end; what it does not find in so long, it does not find.
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(2);

    private readonly List<Func<IReadOnlyList<string>, int, IReadOnlyList<string>>> _steps = [];

    private ResponseFilter(string name) => Name = name;

    /// <summary>Names of the functions.</summary>
    public static IReadOnlyList<string> Functions { get; } =
        ["regex", "take_first", "take_first_k", "majority_vote", "remove_whitespace", "lowercase", "uppercase", "final_answer", "boxed", "choice_letter", "code"];

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>What stands for "no answer" in the harness's functions.</summary>
    public string Fallback { get; private set; } = "[invalid]";

    /// <summary>Makes a filter.</summary>
    /// <exception cref="InvalidDataException">A function is not known, or a pattern is none.</exception>
    public static ResponseFilter Of(FilterOptions options)
    {
        var filter = new ResponseFilter(options.Name);
        foreach (FilterStep step in options.Steps)
            filter._steps.Add(StepOf(step));
        filter.Fallback = options.Steps is [.., var last] ? last.Fallback : filter.Fallback;
        return filter;
    }

    /// <summary>The answers: one for each response, or fewer where a step chooses.</summary>
    /// <param name="responses">Responses to one prompt.</param>
    /// <param name="choices">Choices of the document, for choice_letter.</param>
    public IReadOnlyList<string> Apply(IReadOnlyList<string> responses, int choices)
    {
        IReadOnlyList<string> answers = [.. responses.Select(Thought.Skip)];
        foreach (Func<IReadOnlyList<string>, int, IReadOnlyList<string>> step in _steps)
            answers = step(answers, choices);
        return answers;
    }

    private static Func<IReadOnlyList<string>, int, IReadOnlyList<string>> StepOf(FilterStep step) => step.Function switch
    {
        "regex" => Each(RegexOf(step)),
        "take_first" => (answers, _) => [answers[0]],
        "take_first_k" => (answers, _) => [.. answers.Take(step.K)],
        "majority_vote" => (answers, _) => [answers[MajorityVote.Winner(answers, (_, _) => false)]],
        "remove_whitespace" => Each(text => text.Trim()),
        "lowercase" => Each(text => text.ToLowerInvariant()),
        "uppercase" => Each(text => text.ToUpperInvariant()),
        "final_answer" => Each(text => FinalAnswer.Extract(text) ?? step.Fallback),
        "boxed" => Each(text => FinalAnswer.Boxed(text) ?? step.Fallback),
        "choice_letter" => (answers, choices) => [.. answers.Select(text => FinalAnswer.Choice(text, Math.Max(2, choices))?.ToString() ?? step.Fallback)],
        "code" => Each(CodeExtraction.Program),
        _ => throw new InvalidDataException($"\"{step.Function}\" is not known; one of {string.Join(", ", Functions)} is needed"),
    };

    private static Func<IReadOnlyList<string>, int, IReadOnlyList<string>> Each(Func<string, string> function) =>
        (answers, _) => [.. answers.Select(function)];

    /// <summary>Python's findall: of the chosen match the first group that is not empty, or all of it where the pattern has no group.</summary>
    private static Func<string, string> RegexOf(FilterStep step)
    {
        Regex regex = PatternOf(step.Pattern);
        return text =>
        {
            try
            {
                MatchCollection matches = regex.Matches(text);
                int chosen = step.GroupSelect < 0 ? matches.Count + step.GroupSelect : step.GroupSelect;
                if (chosen < 0 || chosen >= matches.Count)
                    return step.Fallback;
                GroupCollection groups = matches[chosen].Groups;
                string found = groups.Count == 1 ? groups[0].Value : groups.Values.Skip(1).Select(group => group.Value).FirstOrDefault(value => value.Length > 0, "");
                return found.Length == 0 && groups.Count > 2 ? step.Fallback : found.Trim();
            }
            catch (RegexMatchTimeoutException)
            {
                return step.Fallback;
            }
        };
    }

    /// <summary>A pattern, with a limit on the time it takes.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    internal static Regex PatternOf(string pattern)
    {
        try
        {
            return new Regex(pattern, RegexOptions.CultureInvariant, s_longest);
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException($"\"{pattern}\" is no regular expression: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }
}
