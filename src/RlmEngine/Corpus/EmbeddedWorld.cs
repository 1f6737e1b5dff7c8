using System.Globalization;
using System.Text;
using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Corpus;

/// <summary>A seeded source of small documents in which thinking pays: worked boxes and lamps, and plain statements between them.</summary>
/// <remarks>
/// A box holds a digit that moves change step by step (plus: + 3, twice: · 2, turn: 9 − x, last digit only); a lamp is flipped or kept.
/// Which moves come is chance; what a box or lamp is at the end follows from the text, but only through all its steps, which a thought
/// can do one at a time. Layout and statements are easy. Documents with visible thoughts show, at some places, a thought in one of
/// three styles (wordy, worked, running) before what follows.
/// </remarks>
public sealed class EmbeddedWorld : ICorpus
{
    private const int ThoughtsPerDocument = 4;
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
    /// <param name="instruction">Text before a thought, {budget} standing for its rough length in tokens; ends in &lt;think&gt;.</param>
    public Document WithThoughts(uint index, string instruction)
    {
        var random = new PhiloxStream(_seed, new PhiloxCounter(RandomPurpose.World, uint.MaxValue - 1, index, 1, 0));
        IReadOnlyList<WorldPiece> pieces = Page(uint.MaxValue - 1, index).Pieces;
        HashSet<int> places = ThoughtPlaces(pieces, ref random);
        var text = new StringBuilder();
        for (int i = 0; i < pieces.Count; i++)
        {
            if (places.Contains(i))
            {
                string thought = WorldThoughts.Write(pieces[i], ref random);
                text.Append(Told(instruction, thought)).Append(thought).Append("</think>");
            }
            text.Append(pieces[i].Text);
        }
        return new Document($"world:thoughts:{index}", text.ToString(), DocumentKind.Thoughts);
    }

    /// <summary>A document with a removed span, a visible thought and the span, for the base stage of restoration runs.</summary>
    /// <param name="index">Which one.</param>
    /// <param name="instruction">Text between the corrupted document and the thought, with {budget}; ends in &lt;think&gt;.</param>
    public Document WithRestoration(uint index, string instruction)
    {
        var random = new PhiloxStream(_seed, new PhiloxCounter(RandomPurpose.World, uint.MaxValue - 2, index, 1, 0));
        IReadOnlyList<WorldPiece> pieces = Page(uint.MaxValue - 2, index).Pieces;
        int first, count;
        do
        {
            first = random.NextInt(pieces.Count);
            count = 1 + random.NextInt(Math.Min(7, pieces.Count - first));
        }
        while (!pieces[first].Text.StartsWith(' '));
        var before = new StringBuilder();
        var span = new StringBuilder();
        var after = new StringBuilder();
        for (int i = 0; i < pieces.Count; i++)
            (i < first ? before : i < first + count ? span : after).Append(pieces[i].Text);
        string thought = WorldThoughts.WriteSpan([.. pieces.Skip(first).Take(count)], ref random);
        return new Document(
            $"world:restoration:{index}", $"{before}<|mask|>{after}{Told(instruction, thought)}{thought}</think>{span}", DocumentKind.Thoughts);
    }

    private WorldPage Page(uint part, uint index) =>
        WorldPage.Write(new PhiloxStream(_seed, new PhiloxCounter(RandomPurpose.World, part, index, 0, 0)), _options);

    /// <summary>Half of the thoughts stand before an answer, the others anywhere after the first words.</summary>
    private static HashSet<int> ThoughtPlaces(IReadOnlyList<WorldPiece> pieces, ref PhiloxStream random)
    {
        int[] answers = [.. Enumerable.Range(0, pieces.Count).Where(i => pieces[i].Steps.Count > 0)];
        var places = new HashSet<int>();
        for (int i = 0; i < ThoughtsPerDocument; i++)
            places.Add(i % 2 == 0 ? answers[random.NextInt(answers.Length)] : 2 + random.NextInt(pieces.Count - 2));
        return places;
    }

    private static string Told(string instruction, string thought) =>
        instruction.Replace("{budget}", RoughTokens(thought).ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    /// <summary>Digits, signs and words, which is about what a tokenizer trained on the world makes of it.</summary>
    private static int RoughTokens(string thought)
    {
        int count = 0;
        for (int i = 0; i < thought.Length; i++)
            if (!char.IsLetter(thought[i]) ? thought[i] != ' ' : i == 0 || !char.IsLetter(thought[i - 1]))
                count++;
        return count;
    }
}
