using RlmEngine.Grading.Programs;

namespace RlmEngine.Evaluation.Suites;

/// <summary>Tests programs against documents of published sets, in the sandbox of a runner.</summary>
/// <param name="runner">Where programs run.</param>
public sealed class DocumentPrograms(ProgramRunner runner)
{
    private readonly ProgramGrader _grader = new(runner);

    /// <summary>True when a program passes all tests of its document.</summary>
    /// <param name="form">The document's published form, see <see cref="ProgramForms"/>.</param>
    /// <param name="document">The document.</param>
    /// <param name="program">The program, or what goes on after the document's prompt.</param>
    /// <param name="cancel">Stops it.</param>
    /// <exception cref="InvalidDataException">The document is not of that form.</exception>
    public bool Passes(string form, SuiteDocument document, string program, CancellationToken cancel) =>
        _grader.Grade(ProgramForms.Parse(form, document.Fields), program, cancel).Passed;
}
