using System.Globalization;
using System.Text.RegularExpressions;
using RlmEngine.Evaluation.Suites;
using RlmEngine.Grading.Programs;

namespace RlmEngine.Recipes;

/// <summary>Checks a suite's values.</summary>
internal static partial class SuiteValidator
{
    private static readonly string[] s_outputTypes = [SuiteTask.GenerateUntil, SuiteTask.MultipleChoice];
    private static readonly string[] s_samplers = ["first_n", "random"];

    /// <summary>The problems, by the path of their field.</summary>
    public static IReadOnlyList<RecipeProblem> Check(SuiteOptions suite)
    {
        var problems = new Problems();
        problems.Require(suite.Tasks.Count > 0, "tasks", "is empty; at least one task is needed");
        for (int i = 0; i < suite.Tasks.Count; i++)
        {
            string name = suite.Tasks[i].Task;
            problems.Require(suite.Tasks.Take(i).All(other => other.Task != name), $"tasks.{i}.task", $"\"{name}\" stands twice; names must be unlike");
            CheckTask(suite.Tasks[i], $"tasks.{i}", problems);
        }

        return problems.All;
    }

    private static void CheckTask(SuiteTask task, string path, Problems problems)
    {
        problems.Require(FileName().IsMatch(task.Task), $"{path}.task", $"\"{task.Task}\" is no name for files; letters, digits, \"_\", \"-\" and \".\" are needed");
        problems.Require(task.TestSplit.Count > 0, $"{path}.test_split", "is empty; names of data files are needed");
        problems.OneOf(task.OutputType, s_outputTypes, $"{path}.output_type");
        problems.OneOf(task.FewShotConfig.Sampler, s_samplers, $"{path}.fewshot_config.sampler");
        if (task.ProcessDocs.Length > 0)
            problems.OneOf(task.ProcessDocs, DocumentProcessing.Names, $"{path}.process_docs");
        problems.Require(
            task.Range.Field.Length == 0 || (task.Range.Test.Count == 2 && task.Range.FewShot.Count is 0 or 2), $"{path}.document_range",
            "needs the first and the last number of test, and perhaps of fewshot");
        problems.Require(task.NumFewShot >= 0, $"{path}.num_fewshot", $"{task.NumFewShot} is not possible; at least 0 is needed");
        problems.Require(task.Repeats >= 1, $"{path}.repeats", $"{task.Repeats} is not possible; at least 1 is needed");
        problems.Require(
            task.IsMultipleChoice == (task.DocToChoice.Count > 0), $"{path}.doc_to_choice",
            task.IsMultipleChoice ? "is empty; multiple_choice needs choices" : "is given; only multiple_choice has choices");
        CheckTemplates(task, path, problems);
        CheckGeneration(task.Generation, $"{path}.generation_kwargs", problems);
        CheckFilters(task, path, problems);
        CheckMetrics(task, path, problems);
        for (int i = 0; i < task.Groups.Count; i++)
            problems.Require(task.SubtaskField.Length > 0, $"{path}.groups", "are given; they need a subtask_field");
    }

    private static void CheckTemplates(SuiteTask task, string path, Problems problems)
    {
        problems.Parses(() => DocumentTemplate.Parse(task.Description), $"{path}.description");
        problems.Parses(() => DocumentTemplate.Parse(task.DocToText), $"{path}.doc_to_text");
        problems.Parses(() => DocumentTemplate.Parse(task.DocToTarget), $"{path}.doc_to_target");
        problems.Parses(() => DocumentTemplate.Parse(task.FewShotTarget), $"{path}.fewshot_target");
        for (int i = 0; i < task.DocToChoice.Count; i++)
        {
            string choice = task.DocToChoice[i];
            problems.Parses(() => DocumentTemplate.Parse(choice), $"{path}.doc_to_choice.{i}");
        }
    }

    private static void CheckGeneration(GenerationOptions generation, string path, Problems problems)
    {
        problems.Require(generation.MaxTokens >= 1, $"{path}.max_gen_toks", $"{generation.MaxTokens} is not possible; at least 1 is needed");
        problems.Require(generation.Temperature >= 0, $"{path}.temperature", $"{Text(generation.Temperature)} is not possible; at least 0 is needed");
        problems.Require(generation.TopP is > 0 and <= 1, $"{path}.top_p", $"{Text(generation.TopP)} is not possible; a number in (0, 1] is needed");
        problems.Require(generation.TopK >= 0, $"{path}.top_k", $"{generation.TopK} is not possible; at least 0 is needed");
        problems.Require(generation.MinP is >= 0 and <= 1, $"{path}.min_p", $"{Text(generation.MinP)} is not possible; a number in [0, 1] is needed");
    }

    private static void CheckFilters(SuiteTask task, string path, Problems problems)
    {
        problems.Require(!task.IsMultipleChoice || task.Filters.Count == 0, $"{path}.filter_list", "is given; choices scored by log-likelihood have none");
        problems.Require(!task.UnsafeCode || task.Filters.Count <= 1, $"{path}.filter_list", "holds several; programs are run for one filter");
        for (int i = 0; i < task.Filters.Count; i++)
        {
            FilterOptions filter = task.Filters[i];
            problems.Require(
                task.Filters.Take(i).All(other => other.Name != filter.Name), $"{path}.filter_list.{i}.name", $"\"{filter.Name}\" stands twice; names must be unlike");
            for (int s = 0; s < filter.Steps.Count; s++)
            {
                string place = $"{path}.filter_list.{i}.filter.{s}";
                FilterStep step = filter.Steps[s];
                problems.OneOf(step.Function, ResponseFilter.Functions, $"{place}.function");
                problems.Parses(() => ResponseFilter.PatternOf(step.Pattern), $"{place}.regex_pattern");
                problems.Require(step.K >= 1, $"{place}.k", $"{step.K} is not possible; at least 1 is needed");
            }
        }
    }

    private static void CheckMetrics(SuiteTask task, string path, Problems problems)
    {
        problems.Require(task.Metrics.Count > 0, $"{path}.metric_list", "is empty; at least one metric is needed");
        for (int i = 0; i < task.Metrics.Count; i++)
        {
            MetricOptions metric = task.Metrics[i];
            string place = $"{path}.metric_list.{i}";
            problems.OneOf(metric.Metric, task.IsMultipleChoice ? SuiteMetrics.OfChoices : SuiteMetrics.OfResponses, $"{place}.metric");
            problems.OneOf(metric.Aggregation, ["mean"], $"{place}.aggregation");
            problems.Require(metric.K.All(k => k >= 1), $"{place}.k", "holds a number below 1");
            foreach (string filter in metric.Filters)
                problems.OneOf(filter, [.. task.Filters.Select(known => known.Name)], $"{place}.filters");
            for (int r = 0; r < metric.RegexesToIgnore.Count; r++)
            {
                string pattern = metric.RegexesToIgnore[r];
                problems.Parses(() => ResponseFilter.PatternOf(pattern), $"{place}.regexes_to_ignore.{r}");
            }
        }

        if (task.UnsafeCode)
            problems.OneOf(task.ProgramForm, ProgramForms.Names, $"{path}.program_form");
    }

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9_.\-]*\z")]
    private static partial Regex FileName();

    private sealed class Problems
    {
        private readonly List<RecipeProblem> _all = [];

        public IReadOnlyList<RecipeProblem> All => _all;

        public void Require(bool holds, string path, string message)
        {
            if (!holds)
                _all.Add(new RecipeProblem(path, message));
        }

        public void OneOf(string value, IReadOnlyList<string> known, string path)
        {
            if (known.Contains(value))
                return;
            string? nearest = RecipePath.Nearest(value, known);
            string hint = nearest is null ? $"one of {string.Join(", ", known.Select(name => $"\"{name}\""))} is needed" : $"did you mean \"{nearest}\"?";
            _all.Add(new RecipeProblem(path, $"\"{value}\" is not known; {hint}"));
        }

        public void Parses(Func<object> parse, string path)
        {
            try
            {
                _ = parse();
            }
            catch (InvalidDataException e)
            {
                _all.Add(new RecipeProblem(path, e.Message));
            }
        }
    }
}
