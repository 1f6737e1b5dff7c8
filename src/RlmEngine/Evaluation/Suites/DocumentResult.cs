using System.Text.Json.Nodes;

namespace RlmEngine.Evaluation.Suites;

/// <summary>What one document gave.</summary>
/// <param name="Document">The document.</param>
/// <param name="Subtask">Its subtask; empty where the task has none.</param>
/// <param name="Target">The right answer; for multiple choice the right choice's index.</param>
/// <param name="Arguments">What the model was asked: for each request its prompt, and the choice or the generation settings.</param>
/// <param name="Responses">For each request what it gave: the samples' texts, or log-prob and whether it is greedy.</param>
/// <param name="Filters">Answers and metrics by filter.</param>
public sealed record DocumentResult(
    SuiteDocument Document, string Subtask, string Target, IReadOnlyList<(string Prompt, JsonNode Argument)> Arguments,
    IReadOnlyList<JsonArray> Responses, IReadOnlyList<FilterResult> Filters);

/// <summary>The answers that a filter took out of a document's responses, and their metrics.</summary>
/// <param name="Filter">Name of the filter; "none" where there is none.</param>
/// <param name="Answers">For each request its answer or answers.</param>
/// <param name="Metrics">Values by name.</param>
public sealed record FilterResult(string Filter, IReadOnlyList<JsonNode?> Answers, OrderedDictionary<string, double> Metrics);
