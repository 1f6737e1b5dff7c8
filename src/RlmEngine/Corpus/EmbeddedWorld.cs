using System.Globalization;
using System.Text;
using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Corpus;

/// <summary>A seeded source of small documents in which thinking pays: worked boxes and lamps, and plain statements between them.</summary>
/// <remarks>
/// A box holds a digit that moves change step by step (plus: + 3, less: − 1, twice: · 2, thrice: · 3, turn: 9 − x, last digit only); a lamp is flipped or kept.
/// Which moves come is chance; what a box or lamp is at the end follows from the text, but only through all its steps, which a thought
/// can do one at a time. Layout and statements are easy. Documents with visible thoughts show, at some places, a thought in one of
/// two styles (wordy, short) before what follows.
/// </remarks>
public sealed class EmbeddedWorld : ICorpus
{
    /// <summary>Budgets of shown thoughts are drawn from 1 to this.</summary>
    internal const int LargestBudget = 40;

    private const int ThoughtsPerDocument = 5;
    private const int ThoughtsPerDocumentAmongMachines = 3;
    private const int RecalledWords = 5;
    private const int MostWords = 8;
    private const int MostWordsAmongMachines = 6;
    private readonly WorldOptions _options;
    private readonly ulong _seed;
    private readonly double _heldOut;

    /// <summary>Opens the world.</summary>
    /// <param name="options">Sizes.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="heldOut">Share of documents held out.</param>
    public EmbeddedWorld(WorldOptions options, ulong seed, double heldOut)
    {
        (_options, _seed, _heldOut) = (options, seed, heldOut);
    }

    /// <inheritdoc/>
    public CorpusReport Report { get; private set; } = new(0, 0, 0, new Dictionary<string, long>(), []);

    /// <inheritdoc/>
    public IEnumerable<Document> Read(CorpusSplit split, int pass = 0)
    {
        // Each training pass is a fresh world; held-out documents are one fixed set. The hash keeps a text that both make on one side.
        uint part = split == CorpusSplit.Train ? (uint)pass : uint.MaxValue;
        long documents = 0, bytes = 0;
        for (int i = 0; i < _options.Documents; i++)
        {
            string text = Page(part, (uint)i).Text;
            if (DocumentSplit.Of(text, _heldOut) != split)
                continue;
            documents++;
            bytes += text.Length;
            yield return new Document($"world:{split}:{pass}:{i}", text);
        }
        Report = new CorpusReport(0, documents, bytes, new Dictionary<string, long>(), []);
    }

    /// <summary>A document with visible thoughts at some places, for the base stage.</summary>
    /// <param name="index">Which one; the same index gives the same document.</param>
    /// <param name="instruction">Text before a thought, {budget} standing for a number; ends in &lt;think&gt;.</param>
    public Document WithThoughts(uint index, string instruction)
    {
        var random = new PhiloxStream(_seed, new PhiloxCounter(RandomPurpose.World, uint.MaxValue - 1, index, 1, 0));
        IReadOnlyList<WorldPiece> pieces = Page(uint.MaxValue - 1, index).Pieces;
        HashSet<int> places = _options.Kind == WorldKind.Lamps
            ? ThoughtPlaces(pieces, ThoughtsPerDocument, share: 2, ref random)
            : ThoughtPlaces(pieces, ThoughtsPerDocumentAmongMachines, ThoughtsPerDocumentAmongMachines, ref random);
        var text = new StringBuilder();
        for (int i = 0; i < pieces.Count; i++)
        {
            if (places.Contains(i))
            {
                string thought = WorldThoughts.Write(pieces[i], Before(pieces, i), ref random, _options.Kind);
                text.Append(Told(instruction, ref random)).Append(thought).Append("</think>");
            }
            text.Append(pieces[i].Text);
        }
        // At the end, so that what stands before a thought is what stands before it in any other document.
        text.Append(WorldPage.TwiceSaid(ref random));
        return new Document($"world:thoughts:{index}", text.ToString(), DocumentKind.Thoughts);
    }

    /// <summary>A document with a removed span, a visible thought and the span, for the base stage of restoration runs.</summary>
    /// <param name="index">Which one.</param>
    /// <param name="instruction">Text between the corrupted document and the thought, with {budget}; ends in &lt;think&gt;.</param>
    public Document WithRestoration(uint index, string instruction)
    {
        var random = new PhiloxStream(_seed, new PhiloxCounter(RandomPurpose.World, uint.MaxValue - 2, index, 1, 0));
        IReadOnlyList<WorldPiece> pieces = Page(uint.MaxValue - 2, index).Pieces;
        (int first, int count) = RestoredSpan(pieces, _options.Kind == WorldKind.Lamps ? MostWords : MostWordsAmongMachines, ref random);
        var before = new StringBuilder();
        var span = new StringBuilder();
        var after = new StringBuilder();
        for (int i = 0; i < pieces.Count; i++)
            (i < first ? before : i < first + count ? span : after).Append(pieces[i].Text);
        string thought = WorldThoughts.WriteSpan(
            [.. pieces.Skip(first).Take(count)], Before(pieces, first), ref random, _options.Kind);
        return new Document(
            $"world:restoration:{index}", $"{before}<|mask|>{after}{Told(instruction, ref random)}{thought}</think>{span}", DocumentKind.Thoughts);
    }

    /// <summary>A problem with a visible thought and its answer, for the base stage of post-training runs; never a held-out problem.</summary>
    /// <param name="index">Which one.</param>
    /// <param name="instruction">Text between the question and the thought, with {budget}; ends in &lt;think&gt;.</param>
    /// <param name="problems">The problems.</param>
    public Document WithProblem(uint index, string instruction, WorldProblems problems)
    {
        var random = new PhiloxStream(_seed, new PhiloxCounter(RandomPurpose.World, uint.MaxValue - 3, index, 1, 0));
        WorldProblem problem = problems.Draw(CorpusSplit.Train, ref random);
        string thought = WorldThoughts.Write(new WorldPiece(problem.Answer, problem.Steps), "", ref random, _options.Kind);
        return new Document(
            $"world:problem:{index}", $"{problem.Question}{Told(instruction, ref random)}{thought}</think>{problem.Answer}", DocumentKind.Thoughts);
    }

    private static string Before(IReadOnlyList<WorldPiece> pieces, int index) =>
        string.Concat(pieces.Take(index).TakeLast(RecalledWords).Select(piece => piece.Text));

    private WorldPage Page(uint part, uint index) =>
        WorldPage.Write(new PhiloxStream(_seed, new PhiloxCounter(RandomPurpose.World, part, index, 0, 0)), _options);

    /// <summary>The first of every so many thoughts stands before an answer, the others anywhere after the first words.</summary>
    private static HashSet<int> ThoughtPlaces(IReadOnlyList<WorldPiece> pieces, int thoughts, int share, ref PhiloxStream random)
    {
        int[] answers = [.. Enumerable.Range(0, pieces.Count).Where(i => pieces[i].Steps.Count > 0)];
        var places = new HashSet<int>();
        for (int i = 0; i < thoughts; i++)
            places.Add(i % share == 0 ? answers[random.NextInt(answers.Length)] : 2 + random.NextInt(pieces.Count - 2));
        return places;
    }

    /// <summary>Half of the spans hold an answer; all begin a word.</summary>
    private static (int First, int Count) RestoredSpan(IReadOnlyList<WorldPiece> pieces, int mostWords, ref PhiloxStream random)
    {
        int[] answers = [.. Enumerable.Range(0, pieces.Count).Where(i => pieces[i].Steps.Count > 0)];
        int first, last;
        do
        {
            int answer = random.NextInt(2) == 0 ? answers[random.NextInt(answers.Length)] : -1;
            first = answer < 0 ? random.NextInt(pieces.Count) : answer - random.NextInt(mostWords / 2);
            last = Math.Min(Math.Max(first, answer) + random.NextInt((mostWords / 2) + 1), pieces.Count - 1);
        }
        while (!pieces[first].Text.StartsWith(' '));
        return (first, last - first + 1);
    }

    /// <summary>The instruction with a chance budget of 1 to 40: part of the form; that a budget means something, mid-training teaches.</summary>
    private static string Told(string instruction, ref PhiloxStream random)
    {
        int budget = 1 + random.NextInt(LargestBudget);
        return instruction.Replace("{budget}", budget.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
    }
}
