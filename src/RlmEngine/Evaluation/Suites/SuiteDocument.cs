using System.Text.Json.Nodes;

namespace RlmEngine.Evaluation.Suites;

/// <summary>One document of a task.</summary>
/// <param name="Id">Its place in the data, from 0, whatever is evaluated of it.</param>
/// <param name="Fields">Its fields as published, and those that the task's processing has added.</param>
public sealed record SuiteDocument(int Id, JsonObject Fields);
