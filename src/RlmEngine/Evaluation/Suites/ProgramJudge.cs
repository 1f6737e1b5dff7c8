namespace RlmEngine.Evaluation.Suites;

/// <summary>Runs a program that a model wrote against the tests of its document.</summary>
/// <param name="form">The published form of the document: see <see cref="SuiteTask.ProgramForm"/>.</param>
/// <param name="document">The document.</param>
/// <param name="program">The program, or what goes on after the document's prompt.</param>
/// <param name="cancel">Stops it.</param>
/// <returns>True when it passes all tests.</returns>
public delegate bool ProgramJudge(string form, SuiteDocument document, string program, CancellationToken cancel);
