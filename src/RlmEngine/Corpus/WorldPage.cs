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
    private static readonly string[] s_labels = [" a", " b", " c", " d", " e", " f", " g", " h"];
    private static readonly string[] s_moves = [" plus", " twice", " turn"];
    private static readonly string[] s_animals = [" cat", " dog", " owl"];
    private static readonly string[] s_foods = [" fish", " meat", " mice"];
    private static readonly int[] s_starts = [1, 4, 6];
    private readonly List<WorldPiece> _pieces = [];
    private PhiloxStream _random; // A value type that moves: a readonly field would draw the same number for ever.

    private WorldPage(PhiloxStream random) => _random = random;

    /// <summary>Most steps a worked problem can have.</summary>
    public static int LabelCount => s_labels.Length;

    /// <summary>The words, in order.</summary>
    public IReadOnlyList<WorldPiece> Pieces => _pieces;

    /// <summary>The whole text.</summary>
    public string Text => string.Concat(_pieces.Select(p => p.Text));

    /// <summary>Writes a document: for each number of steps from few to many a box and a lamp, with a statement between.</summary>
    public static WorldPage Write(PhiloxStream random, WorldOptions options)
    {
        var page = new WorldPage(random);
        for (int steps = options.MinSteps; steps <= options.MaxSteps; steps++)
        {
            page.Box(steps);
            page.Statement();
            page.Lamp(steps);
        }
        return page;
    }

    private void Add(params ReadOnlySpan<string> words)
    {
        foreach (string word in words)
            _pieces.Add(new WorldPiece(word, []));
    }

    private void Box(int count)
    {
        int state = s_starts[_random.NextInt(s_starts.Length)];
        Add(" box", "=", Digit(state));
        var steps = new List<WorldStep> { new("", "", Digit(state)) };
        for (int i = 0; i < count; i++)
        {
            int move = _random.NextInt(s_moves.Length);
            state = move switch { 0 => (state + 3) % 10, 1 => state * 2 % 10, _ => 9 - state };
            Add(s_labels[i], s_moves[move]);
            steps.Add(new WorldStep(s_labels[i], s_moves[move], Digit(state)));
        }
        Answer(Digit(state), steps);
    }

    private void Lamp(int count)
    {
        bool on = _random.NextInt(2) == 0;
        Add(" lamp", "=", Switch(on));
        var steps = new List<WorldStep> { new("", "", Switch(on)) };
        for (int i = 0; i < count; i++)
        {
            bool flips = _random.NextInt(2) == 0;
            on ^= flips;
            Add(s_labels[i], flips ? " flip" : " keep");
            steps.Add(new WorldStep(s_labels[i], flips ? " flip" : " keep", Switch(on)));
        }
        Answer(Switch(on), steps);
    }

    private void Answer(string state, List<WorldStep> steps)
    {
        Add(" so", "=");
        _pieces.Add(new WorldPiece(state, steps));
        Add(" .");
    }

    private void Statement()
    {
        int who = _random.NextInt(s_animals.Length);
        Add(" the", s_animals[who], " eats", s_foods[who], " .");
    }

    private static string Digit(int state) => state.ToString(CultureInfo.InvariantCulture);

    private static string Switch(bool on) => on ? "on" : "off";
}
