namespace RlmEngine.Corpus;

/// <summary>A thing of the embedded world that the boxes' moves drive: what it shows follows from the moves, in their order.</summary>
/// <param name="Name">Its word.</param>
/// <param name="States">What it can show; all but a box's begin a page at the first.</param>
/// <param name="Next">Its state after (state, move), by index.</param>
internal sealed record WorldMachine(string Name, string[] States, Func<int, int, int> Next)
{
    /// <summary>A digit that moves change.</summary>
    public static WorldMachine Box { get; } = new(" box", [.. Enumerable.Range(0, 10).Select(WorldPage.Digit)], WorldPage.Moved);

    /// <summary>
    /// A compass (4 values; turns and a mirroring), a gauge (3; all permutations) and a flag (2): two of them depend on the moves' order, so
    /// that counting moves is not enough.
    /// </summary>
    public static IReadOnlyList<WorldMachine> All { get; } =
    [
        new(" compass", [" north", " east", " south", " west"], (state, move) => move switch
        {
            0 => (state + 1) % 4,
            1 => (state + 3) % 4,
            2 => (state + 2) % 4,
            3 => state,
            _ => (4 - state) % 4,
        }),
        new(" gauge", [" low", " mid", " high"], (state, move) => move switch
        {
            0 => (state + 1) % 3,
            1 => (state + 2) % 3,
            2 => 2 - state,
            3 => state,
            _ => (3 - state) % 3,
        }),
        new(" flag", [" down", " up"], (state, move) => move is 0 or 2 or 4 ? 1 - state : state),
    ];

    /// <summary>The states it goes through; the first step holds the starting state alone.</summary>
    /// <param name="start">Where it starts.</param>
    /// <param name="moves">Labels and moves, in order.</param>
    public IReadOnlyList<WorldStep> Run(string start, IEnumerable<(string Label, string Move)> moves)
    {
        int state = Array.IndexOf(States, start);
        var steps = new List<WorldStep> { new("", "", start) };
        foreach ((string label, string move) in moves)
        {
            state = Next(state, Array.IndexOf(WorldPage.Moves, move));
            steps.Add(new WorldStep(label, move, States[state]));
        }
        return steps;
    }
}
