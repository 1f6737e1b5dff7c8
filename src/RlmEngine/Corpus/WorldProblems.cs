using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Corpus;

/// <summary>Problems of the embedded world: what a machine shows after a chance sequence of moves.</summary>
/// <remarks>A question is text of the world up to the answer, so a model of its documents can begin to answer it.</remarks>
/// <param name="MinSteps">Smallest number of moves, at least 1.</param>
/// <param name="MaxSteps">Largest number of moves.</param>
/// <param name="HeldOutShare">Share of questions held out, by their hash.</param>
/// <param name="Seed">The run's seed.</param>
public sealed record WorldProblems(int MinSteps, int MaxSteps, double HeldOutShare, ulong Seed) : IProblemSource
{
    private const int MaxTries = 10_000;
    private const uint HeldOutPart = uint.MaxValue;

    /// <inheritdoc/>
    public IEnumerable<Problem> Train(int pass)
    {
        for (uint i = 0; ; i++)
            yield return At(CorpusSplit.Train, (uint)pass, i).ToProblem();
    }

    /// <inheritdoc/>
    public IEnumerable<Problem> HeldOut()
    {
        var asked = new HashSet<string>();
        uint repeated = 0;
        for (uint i = 0; repeated < MaxTries; i++)
        {
            WorldProblem problem = At(CorpusSplit.HeldOut, HeldOutPart, i);
            repeated = asked.Add(problem.Question) ? 0 : repeated + 1;
            if (repeated == 0)
                yield return problem.ToProblem();
        }
    }

    /// <summary>A problem of one split.</summary>
    internal WorldProblem Draw(CorpusSplit split, ref PhiloxStream random)
    {
        for (int i = 0; i < MaxTries; i++)
        {
            WorldProblem problem = Make(ref random);
            if (DocumentSplit.Of(problem.Question, HeldOutShare) == split)
                return problem;
        }
        throw new InvalidDataException($"problems: none of {MaxTries} is on the side wanted; a heldOut of {HeldOutShare} nearer to 0.5 would be right");
    }

    private WorldProblem At(CorpusSplit split, uint part, uint index)
    {
        var random = new PhiloxStream(Seed, new PhiloxCounter(RandomPurpose.World, part, index, 2, 0));
        return Draw(split, ref random);
    }

    private WorldProblem Make(ref PhiloxStream random)
    {
        WorldDisplay display = WorldMachine.Displays[random.NextInt(WorldMachine.Displays.Count)];
        int count = MinSteps + random.NextInt(MaxSteps - MinSteps + 1);
        var moves = new (string Label, string Move)[count];
        for (int i = 0; i < count; i++)
            moves[i] = ($" {(char)('a' + i)}", WorldPage.Moves[random.NextInt(WorldPage.Moves.Length)]);
        string told = string.Concat(moves.Select(move => move.Label + move.Move));
        int start = random.NextInt(WorldMachine.States.Length);
        return new WorldProblem(
            $"{WorldPage.ListWord}{told}{WorldPage.ListEnd}{WorldPage.FromWord}{WorldMachine.States[start]}{display.Name}",
            WorldMachine.Run(start, moves, display),
            display.Name.Trim());
    }
}

/// <summary>A problem with the steps that solve it.</summary>
internal sealed record WorldProblem(string Question, IReadOnlyList<WorldStep> Steps, string Kind)
{
    /// <summary>What it ends with.</summary>
    public string Answer => Steps[^1].State;

    /// <summary>Without the steps.</summary>
    public Problem ToProblem() => new(Question, Answer, Kind);
}
