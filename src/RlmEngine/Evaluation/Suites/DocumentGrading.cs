using System.Globalization;
using System.Text.Json.Nodes;

namespace RlmEngine.Evaluation.Suites;

/// <summary>Turns what the model gave for a document into answers and metrics.</summary>
internal sealed class DocumentGrading
{
    private readonly SuiteTask _task;
    private readonly SuitePrompts _prompts;
    private readonly SuiteEncoder _encoder;
    private readonly SuiteMetrics _metrics;
    private readonly IReadOnlyList<ResponseFilter> _filters;

    public DocumentGrading(SuiteTask task, SuitePrompts prompts, SuiteEncoder encoder)
    {
        (_task, _prompts, _encoder) = (task, prompts, encoder);
        _metrics = new SuiteMetrics(task);
        _filters = FiltersOf(task);
    }

    /// <summary>Runs the programs of documents' responses, several at a time; programs of a document that are alike run once.</summary>
    /// <returns>For each document, for each of its responses, whether its program passed.</returns>
    public static JsonArray[] RunPrograms(
        SuiteTask task, IReadOnlyList<SuiteDocument> documents, IReadOnlyList<string[]> responses, ProgramJudge judge, CancellationToken cancel)
    {
        ResponseFilter filter = FiltersOf(task)[0];
        IReadOnlyList<string>[] programs = [.. responses.Select(texts => filter.Apply(texts, 0))];
        (int Document, string Program)[] runs = [.. programs.SelectMany((texts, i) => texts.Distinct().Select(text => (i, text)))];
        bool[] verdicts = new bool[runs.Length];
        Parallel.For(0, runs.Length, r => verdicts[r] = judge(task.ProgramForm, documents[runs[r].Document], runs[r].Program, cancel));
        var passed = runs.Zip(verdicts).ToDictionary(pair => pair.First, pair => pair.Second);
        return [.. programs.Select((texts, i) => new JsonArray([.. texts.Select(text => (JsonNode?)passed[(i, text)])]))];
    }

    /// <summary>The result of one document.</summary>
    /// <param name="document">The document.</param>
    /// <param name="entry">What the journal holds of it.</param>
    public DocumentResult Grade(SuiteDocument document, JsonObject entry) =>
        _task.IsMultipleChoice ? GradeChoices(document, entry) : GradeResponses(document, entry);

    private DocumentResult GradeChoices(SuiteDocument document, JsonObject entry)
    {
        IReadOnlyList<string> choices = _prompts.ChoicesOf(document);
        int right = _prompts.RightChoiceOf(document);
        JsonArray[] pairs = [.. entry["resps"]!.AsArray().Select(pair => pair!.AsArray())];
        double[] logProbs = [.. pairs.Select(pair => pair[0]!.GetValue<double>())];
        string prompt = _encoder.PromptOf(_prompts.HeadOf(document), _prompts.QuestionOf(document));
        string delimiter = _encoder.IsChat ? "" : _task.TargetDelimiter;

        // The harness writes log-probs and truth values as strings.
        JsonArray[] responses = [.. pairs.Select(pair => new JsonArray(
            pair[0]!.GetValue<double>().ToString("R", CultureInfo.InvariantCulture), pair[1]!.GetValue<bool>() ? "True" : "False"))];
        return new DocumentResult(
            document, _prompts.SubtaskOf(document), right.ToString(CultureInfo.InvariantCulture),
            [.. choices.Select(choice => (prompt, (JsonNode)JsonValue.Create(delimiter + choice)!))],
            [.. responses.Select(response => new JsonArray(response))],
            [new FilterResult("none", [.. responses.Select(response => (JsonNode?)response.DeepClone())], _metrics.OfLogProbs(logProbs, choices, right))]);
    }

    private DocumentResult GradeResponses(SuiteDocument document, JsonObject entry)
    {
        string[] responses = [.. entry["resps"]!.AsArray().Select(text => text!.GetValue<string>())];
        bool[]? passed = entry["passed"]?.AsArray().Select(verdict => verdict!.GetValue<bool>()).ToArray();
        string target = _prompts.TargetOf(document);
        int choices = document.Fields["choices"] is JsonArray list ? list.Count : 0;
        FilterResult[] results = [.. _filters.Select(filter =>
        {
            IReadOnlyList<string> answers = filter.Apply(responses, choices);
            JsonNode logged = answers.Count == 1 ? JsonValue.Create(answers[0])! : new JsonArray([.. answers.Select(answer => (JsonNode?)answer)]);
            return new FilterResult(filter.Name, [logged], _metrics.OfAnswers(filter.Name, filter.Fallback, answers, target, passed));
        })];
        string prompt = _encoder.PromptOf(_prompts.HeadOf(document), _prompts.QuestionOf(document));
        return new DocumentResult(
            document, _prompts.SubtaskOf(document), target, [(prompt, SuiteJson.Of(_task.Generation))],
            [new JsonArray([.. responses.Select(text => (JsonNode?)text)])], results);
    }

    private static IReadOnlyList<ResponseFilter> FiltersOf(SuiteTask task) => task.Filters.Count > 0
        ? [.. task.Filters.Select(ResponseFilter.Of)]
        : [ResponseFilter.Of(new FilterOptions { Name = "none", Steps = [] })];
}
