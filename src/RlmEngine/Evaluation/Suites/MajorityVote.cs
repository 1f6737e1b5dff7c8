namespace RlmEngine.Evaluation.Suites;

/// <summary>Majority vote (self-consistency, Wang et al. 2023): the answer that most samples agree on.</summary>
public static class MajorityVote
{
    /// <summary>Index of the first sample of the largest group of equal answers; of groups alike in size the one that began first.</summary>
    /// <param name="answers">An answer for each sample; null for a sample without one, which has no vote.</param>
    /// <param name="areEqual">Whether two answers are the same; each is held against the first of every group.</param>
    /// <returns>−1 when no sample has an answer.</returns>
    public static int Winner(IReadOnlyList<string?> answers, Func<string, string, bool> areEqual)
    {
        var groups = new List<(int First, int Votes)>();
        for (int i = 0; i < answers.Count; i++)
        {
            if (answers[i] is not { } answer)
                continue;
            int group = groups.FindIndex(other => answers[other.First] == answer);
            if (group < 0)
                group = groups.FindIndex(other => areEqual(answers[other.First]!, answer));
            if (group < 0)
                groups.Add((i, 1));
            else
                groups[group] = (groups[group].First, groups[group].Votes + 1);
        }

        return groups.Count == 0 ? -1 : groups.MaxBy(group => group.Votes).First;
    }
}
