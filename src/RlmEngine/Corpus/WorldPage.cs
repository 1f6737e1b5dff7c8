using System.Globalization;
using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Corpus;

/// <summary>One word of a world document, with what a reader would work out to know it.</summary>
/// <param name="Text">The word with the space before it, or a sign.</param>
/// <param name="Steps">States and moves that lead to it, in order; empty when it follows from the layout or is chance.</param>
internal readonly record struct WorldPiece(string Text, IReadOnlyList<WorldStep> Steps);

/// <summary>One step of a worked answer; the first holds the starting state alone.</summary>
/// <param name="Label">The step's letter, as the page writes it; empty for the start.</param>
/// <param name="Move">What is done.</param>
/// <param name="State">The state after it.</param>
internal readonly record struct WorldStep(string Label, string Move, string State);

/// <summary>Writes one document of the embedded world.</summary>
internal sealed class WorldPage
{
    private const int ListLength = 8;
    private const int RunsPerList = 6;
    internal const string ListWord = " list";
    internal const string ListEnd = " ;";
    internal const string FromWord = " from";
    internal static readonly string[] Moves = [" plus", " less", " twice", " thrice", " turn"];
    private static readonly string[] s_animals = [" cat", " dog", " owl"];
    private static readonly string[] s_foods = [" fish", " meat", " mice"];
    private static readonly int[] s_starts = [1, 4, 6];
    private readonly List<WorldPiece> _pieces = [];
    private PhiloxStream _random; // A value type that moves: a readonly field would draw the same number for ever.

    /// <summary>Most steps a worked problem can have: more make documents longer than a small model reads.</summary>
    public const int MostSteps = 8;

    private int _labels;

    private WorldPage(PhiloxStream random) => _random = random;

    /// <summary>The words, in order.</summary>
    public IReadOnlyList<WorldPiece> Pieces => _pieces;

    /// <summary>The whole text.</summary>
    public string Text => string.Concat(_pieces.Select(p => p.Text));

    /// <summary>Writes a document: a box for each number of steps, each beginning where the one before ended; a lamp for the two largest.</summary>
    public static WorldPage Write(PhiloxStream random, WorldOptions options)
    {
        var page = new WorldPage(random);
        if (options.Kind == WorldKind.Machines)
            return page.Machines(options);
        int state = s_starts[page._random.NextInt(s_starts.Length)];
        for (int steps = options.MinSteps; steps <= options.MaxSteps; steps++)
        {
            state = page.Box(state, steps);
            if (steps < options.MaxSteps - 1)
                continue;
            page.Statement();
            page.Lamp(steps);
        }
        return page;
    }

    /// <summary>A list of chance letters and moves, said twice: what teaches a small model to look up what followed a letter.</summary>
    public static string TwiceSaid(ref PhiloxStream random)
    {
        var list = new System.Text.StringBuilder(" list");
        for (int i = 0; i < ListLength; i++)
            list.Append(' ').Append((char)('a' + random.NextInt(26))).Append(Moves[random.NextInt(Moves.Length)]);
        list.Append(" .");
        return $"{list}{list}";
    }

    private void Add(params ReadOnlySpan<string> words)
    {
        foreach (string word in words)
            _pieces.Add(new WorldPiece(word, []));
    }

    private int Box(int state, int count)
    {
        Add(" box", "=", Digit(state));
        var steps = new List<WorldStep> { new("", "", Digit(state)) };
        for (int i = 0; i < count; i++)
        {
            int move = _random.NextInt(Moves.Length);
            state = Moved(state, move);
            steps.Add(Step(Moves[move], Digit(state)));
        }
        Answer(steps, " so", "=");
        return state;
    }

    /// <summary>
    /// One list of moves, told one move longer each time; after each telling a machine goes through it from one start after the other, and
    /// its displays are read in turn. Chance are the first start and the moves, one a telling after the first.
    /// </summary>
    private WorldPage Machines(WorldOptions options)
    {
        int start = _random.NextInt(WorldMachine.States.Length);
        var moves = new List<(string Label, string Move)>();
        for (int count = options.MinSteps; count <= options.MaxSteps; count++)
        {
            while (moves.Count < count)
                moves.Add(($" {(char)('a' + moves.Count)}", Moves[_random.NextInt(Moves.Length)]));
            Add(ListWord);
            foreach ((string label, string move) in moves)
                Add(label, move);
            Add(ListEnd);
            for (int i = 0; i < RunsPerList; i++)
            {
                WorldDisplay display = WorldMachine.Displays[i % WorldMachine.Displays.Count];
                Add(FromWord, WorldMachine.States[start], display.Name);
                IReadOnlyList<WorldStep> steps = WorldMachine.Run(start, moves, display);
                _pieces.Add(new WorldPiece(steps[^1].State, steps));
                start = (start + 1) % WorldMachine.States.Length;
            }
        }
        return this;
    }

    private void Lamp(int count)
    {
        bool on = _random.NextInt(2) == 0;
        Add(" lamp", Switch(on));
        var steps = new List<WorldStep> { new("", "", Switch(on)) };
        for (int i = 0; i < count; i++)
        {
            bool flips = _random.NextInt(2) == 0;
            on ^= flips;
            steps.Add(Step(flips ? " flip" : " keep", Switch(on)));
        }
        Answer(steps, " so");
    }

    /// <summary>A move under the next letter of the document; after z they begin anew.</summary>
    private WorldStep Step(string move, string state)
    {
        string label = " " + (char)('a' + _labels++ % 26);
        Add(label, move);
        return new WorldStep(label, move, state);
    }

    private void Answer(List<WorldStep> steps, params ReadOnlySpan<string> before)
    {
        Add(before);
        _pieces.Add(new WorldPiece(steps[^1].State, steps));
        Add(" .", " list");
        // Said again, so that looking a letter up in the text is something plain documents teach.
        foreach (WorldStep step in steps.Skip(1))
            Add(step.Label, step.Move);
        Add(" .");
    }

    private void Statement()
    {
        int who = _random.NextInt(s_animals.Length);
        Add(" the", s_animals[who], " eats", s_foods[who], " .");
    }

    /// <summary>A box's digit after a move, by index.</summary>
    private static int Moved(int state, int move) => move switch
    {
        0 => (state + 3) % 10,
        1 => (state + 9) % 10,
        2 => state * 2 % 10,
        3 => state * 3 % 10,
        _ => 9 - state,
    };

    private static string Digit(int state) => state.ToString(CultureInfo.InvariantCulture);

    private static string Switch(bool on) => on ? " on" : " off";
}
