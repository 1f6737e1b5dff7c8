using System.Text;
using RlmEngine.Kernels.Rollout;

namespace RlmEngine.Evaluation.Suites;

/// <summary>The texts a task's documents become: description, few-shot examples, question, target, choices; as the harness puts them together.</summary>
public sealed class SuitePrompts
{
    private readonly SuiteTask _task;
    private readonly SuiteData _data;
    private readonly ulong _seed;
    private readonly DocumentTemplate _description;
    private readonly DocumentTemplate _text;
    private readonly DocumentTemplate _target;
    private readonly DocumentTemplate _exampleTarget;
    private readonly DocumentTemplate[] _choices;
    private readonly Dictionary<string, string> _firstExamples = [];

    /// <summary>Takes a task and its data.</summary>
    /// <param name="task">The task.</param>
    /// <param name="data">Its documents.</param>
    /// <param name="seed">Key of the random stream that draws examples.</param>
    /// <exception cref="InvalidDataException">A template does not follow the rules.</exception>
    public SuitePrompts(SuiteTask task, SuiteData data, ulong seed)
    {
        (_task, _data, _seed) = (task, data, seed);
        _description = DocumentTemplate.Parse(task.Description);
        _text = DocumentTemplate.Parse(task.DocToText);
        _target = DocumentTemplate.Parse(task.DocToTarget);
        _exampleTarget = task.FewShotTarget.Length > 0 ? DocumentTemplate.Parse(task.FewShotTarget) : _target;
        _choices = [.. task.DocToChoice.Select(DocumentTemplate.Parse)];
    }

    /// <summary>The subtask of a document; the task itself where it has none.</summary>
    public string SubtaskOf(SuiteDocument document) => _task.SubtaskField.Length == 0
        ? ""
        : document.Fields[_task.SubtaskField] is { } value
            ? TemplateExpression.TextOf(value)
            : throw new InvalidDataException($"{_task.Task}: document {document.Id} has no {_task.SubtaskField}");

    /// <summary>What stands before the question: description and examples. Documents of a subtask share it where examples are the first ones.</summary>
    public string HeadOf(SuiteDocument document)
    {
        bool isShared = _task.FewShotConfig.Sampler == "first_n" && !_data.ExamplesAreDocuments;
        string subtask = SubtaskOf(document);
        if (isShared && _firstExamples.TryGetValue(subtask, out string? known))
            return known;
        var head = new StringBuilder(_description.Render(document.Fields));
        foreach (SuiteDocument example in ExamplesFor(document, subtask))
            head.Append(_text.Render(example.Fields)).Append(_task.TargetDelimiter).Append(ExampleTarget(example)).Append(_task.FewShotDelimiter);
        if (isShared)
            _firstExamples[subtask] = head.ToString();
        return head.ToString();
    }

    /// <summary>The question.</summary>
    public string QuestionOf(SuiteDocument document) => _text.Render(document.Fields);

    /// <summary>The target as text; for multiple choice the index of the right choice.</summary>
    public string TargetOf(SuiteDocument document) => _target.Render(document.Fields);

    /// <summary>The choices of a document.</summary>
    public IReadOnlyList<string> ChoicesOf(SuiteDocument document) =>
        _choices is [var only] && only.Value(document.Fields) is System.Text.Json.Nodes.JsonArray list
            ? [.. list.Select(TemplateExpression.TextOf)]
            : [.. _choices.Select(choice => choice.Render(document.Fields))];

    /// <summary>Index of the right choice.</summary>
    /// <exception cref="InvalidDataException">The target is neither an index nor one of the choices.</exception>
    public int RightChoiceOf(SuiteDocument document)
    {
        IReadOnlyList<string> choices = ChoicesOf(document);
        string target = TargetOf(document);
        for (int i = 0; i < choices.Count; i++)
        {
            if (choices[i] == target)
                return i;
        }

        return int.TryParse(target, out int index) && index >= 0 && index < choices.Count
            ? index
            : throw new InvalidDataException($"{_task.Task}: document {document.Id}: the target {target} is none of its {choices.Count} choices");
    }

    private string ExampleTarget(SuiteDocument example) =>
        _task.IsMultipleChoice && _task.FewShotTarget.Length == 0 ? ChoicesOf(example)[RightChoiceOf(example)] : _exampleTarget.Render(example.Fields);

    private List<SuiteDocument> ExamplesFor(SuiteDocument document, string subtask)
    {
        if (_task.NumFewShot == 0)
            return [];
        List<SuiteDocument> pool = [.. _data.Examples.Where(example =>
            !(_data.ExamplesAreDocuments && example.Id == document.Id) && (subtask.Length == 0 || SubtaskOf(example) == subtask))];
        if (pool.Count < _task.NumFewShot)
        {
            string of = subtask.Length == 0 ? "" : $" of {subtask}";
            throw new InvalidDataException($"{_task.Task}: {pool.Count} few-shot examples{of}; {_task.NumFewShot} are needed (--num-fewshot)");
        }

        if (_task.FewShotConfig.Sampler != "first_n")
        {
            var random = new PhiloxStream(_seed, new PhiloxCounter(RandomPurpose.Task, 0, (uint)document.Id, 0, 0));
            SuiteDocument[] drawn = [.. pool];
            random.Shuffle(drawn.AsSpan());
            pool = [.. drawn];
        }

        return pool[.._task.NumFewShot];
    }
}
