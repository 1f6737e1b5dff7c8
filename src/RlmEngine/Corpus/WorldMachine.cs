namespace RlmEngine.Corpus;

/// <summary>A machine of ten states that moves turn from state to state: what it shows at the end follows from all moves, in their order.</summary>
/// <remarks>
/// Every move is a permutation without structure, and the permutations do not commute: who does not follow the moves one by one can rule
/// out no state, and counting moves is not enough.
/// </remarks>
internal static class WorldMachine
{
    private static readonly int[][] s_next_MS =
    [
        [3, 7, 0, 5, 8, 1, 9, 4, 2, 6],
        [6, 4, 9, 1, 7, 8, 2, 0, 5, 3],
        [8, 2, 6, 9, 0, 7, 3, 5, 1, 4],
        [1, 5, 7, 4, 6, 9, 0, 8, 3, 2],
        [5, 9, 3, 8, 2, 0, 4, 6, 7, 1],
    ];

    /// <summary>Its states.</summary>
    public static string[] States { get; } = [" zero", " one", " two", " three", " four", " five", " six", " seven", " eight", " nine"];

    /// <summary>What of a state can be asked: itself (ten values), its colour (four) or its size (three).</summary>
    public static IReadOnlyList<WorldDisplay> Displays { get; } =
    [
        new(" to", States),
        new(" colour", [" red", " blue", " white", " green", " blue", " green", " red", " white", " green", " red"]),
        new(" size", [" big", " mid", " big", " small", " small", " mid", " mid", " big", " small", " big"]),
    ];

    /// <summary>The states it goes through, the starting state alone first, and at the end what the display shows, if that is another word.</summary>
    /// <param name="start">Where it starts, by index.</param>
    /// <param name="moves">Labels and moves, in order.</param>
    /// <param name="display">What is asked.</param>
    public static IReadOnlyList<WorldStep> Run(int start, IEnumerable<(string Label, string Move)> moves, WorldDisplay display)
    {
        int state = start;
        var steps = new List<WorldStep> { new("", "", States[start]) };
        foreach ((string label, string move) in moves)
        {
            state = s_next_MS[Array.IndexOf(WorldPage.Moves, move)][state];
            steps.Add(new WorldStep(label, move, States[state]));
        }
        if (display.Shown_S != States)
            steps.Add(new WorldStep("", "", display.Shown_S[state]));
        return steps;
    }
}

/// <summary>Something that a machine's state decides.</summary>
/// <param name="Name">The word that asks for it.</param>
/// <param name="Shown_S">What it is in each state.</param>
internal sealed record WorldDisplay(string Name, string[] Shown_S);
