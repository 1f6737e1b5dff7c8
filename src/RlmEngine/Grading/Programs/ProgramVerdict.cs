namespace RlmEngine.Grading.Programs;

/// <summary>What the tests said of a program.</summary>
/// <param name="Passed">Whether it passed every test, of which there is at least one.</param>
/// <param name="TestsPassed">How many it passed.</param>
/// <param name="Tests">How many there are.</param>
/// <param name="Reason">Why the first failing test failed, in one line; "passed" where none did.</param>
public sealed record ProgramVerdict(bool Passed, int TestsPassed, int Tests, string Reason);
