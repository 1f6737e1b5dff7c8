namespace RlmEngine.Corpus;

/// <summary>A problem whose answer can be checked.</summary>
/// <param name="Question">What is asked.</param>
/// <param name="Answer">The true final answer.</param>
/// <param name="Kind">Kind of problem, where its source knows kinds.</param>
public record Problem(string Question, string Answer, string? Kind = null);

/// <summary>A source of problems, held out by the hash of their questions.</summary>
public interface IProblemSource
{
    /// <summary>Training problems of one pass, in that pass's own order; may be endless.</summary>
    /// <exception cref="InvalidDataException">A file is missing or holds no problem.</exception>
    IEnumerable<Problem> Train(int pass);

    /// <summary>Held-out problems, always in the same order; may be endless, and then repeats none.</summary>
    /// <exception cref="InvalidDataException">A file is missing or holds no problem.</exception>
    IEnumerable<Problem> HeldOut();
}
