using System.Globalization;
using RlmEngine.Tokenization;

namespace RlmEngine.Tasks;

/// <summary>A prompt's text around the document, as token ids; {budget} stands for the thought budget.</summary>
public sealed class PromptTemplate
{
    private readonly ITokenizer _tokenizer;
    private readonly string _after;
    private readonly Dictionary<int, int[]> _afterByBudget = [];

    /// <summary>Reads the recipe's prompt; null takes the task's own text.</summary>
    public PromptTemplate(ITokenizer tokenizer, PromptOptions? options, string ownAfter)
    {
        _tokenizer = tokenizer;
        Before = tokenizer.Encode(options?.Before ?? "", parseSpecial: true);
        _after = options?.After ?? ownAfter;
        ContextTokens = options?.ContextTokens > 0 ? options.ContextTokens : int.MaxValue;
    }

    /// <summary>The own text of next-token prompts with a thought; the space keeps a tokenizer from joining it to the document.</summary>
    public const string NextToken = " [{budget}]<think>";

    /// <summary>The own text of restoration prompts with a thought.</summary>
    public const string Restoration = " [fill {budget}]<think>";

    /// <summary>The own text of a task's prompts: the instruction, with the budget where the task has one, and where the thought opens.</summary>
    public static string OwnText(TaskType type, bool thinks, bool hasBudget) => (type, thinks) switch
    {
        (TaskType.NextToken, true) => hasBudget ? NextToken : " [think]<think>",
        (TaskType.NextToken, false) => "",
        (TaskType.SpanRestoration, true) => hasBudget ? Restoration : " [fill]<think>",
        (TaskType.SpanRestoration, false) => " [fill]",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "unknown task"),
    };

    /// <summary>The text after the document of a task's prompts: the recipe's, else the task's own.</summary>
    public static string TextAfter(TaskOptions task) =>
        task.Prompt?.After ?? OwnText(task.Type, task.MaxThinkTokens > 0, task.Budget is not null);

    /// <summary>Ids before the document.</summary>
    public int[] Before { get; }

    /// <summary>Ids of the document shown at most.</summary>
    public int ContextTokens { get; }

    /// <summary>Ids after the document, with the budget's digits in place.</summary>
    public int[] After(int budget)
    {
        if (!_afterByBudget.TryGetValue(budget, out int[]? ids))
        {
            string number = budget.ToString(CultureInfo.InvariantCulture);
            ids = _tokenizer.Encode(_after.Replace("{budget}", number, StringComparison.Ordinal), parseSpecial: true);
            _afterByBudget.Add(budget, ids);
        }
        return ids;
    }
}
