using System.Text.Json.Serialization;

namespace RlmEngine.Evaluation.Suites;

/// <summary>One benchmark in lm-evaluation-harness's vocabulary: data, prompt, target, few-shot examples, generation, filters, metrics.</summary>
public sealed record SuiteTask
{
    /// <summary>Its name, as in samples_NAME.jsonl.</summary>
    [JsonPropertyName("task")]
    public required string Task { get; init; }

    /// <summary>Where the data is published, for the line that says what to get.</summary>
    [JsonPropertyName("dataset_path")]
    public string DatasetPath { get; init; } = "";

    /// <summary>Names of data files that are looked for, in order; * stands for any characters, / for folders; a name that ends in / is a whole folder.</summary>
    [JsonPropertyName("test_split")]
    public required IReadOnlyList<string> TestSplit { get; init; }

    /// <summary>Names of the files with few-shot examples; empty draws them from the test split, never the document itself.</summary>
    [JsonPropertyName("fewshot_split")]
    public IReadOnlyList<string> FewShotSplit { get; init; } = [];

    /// <summary>Documents of each split, where both are in one file.</summary>
    [JsonPropertyName("document_range")]
    public DocumentRange Range { get; init; } = new();

    /// <summary>Name of a function that gives documents the fields that templates read, see <see cref="DocumentProcessing"/>; empty for none.</summary>
    [JsonPropertyName("process_docs")]
    public string ProcessDocs { get; init; } = "";

    /// <summary>generate_until or multiple_choice.</summary>
    [JsonPropertyName("output_type")]
    public string OutputType { get; init; } = GenerateUntil;

    /// <summary>Template of what stands before all examples.</summary>
    [JsonPropertyName("description")]
    public string Description { get; init; } = "";

    /// <summary>Template of the prompt, see <see cref="DocumentTemplate"/>.</summary>
    [JsonPropertyName("doc_to_text")]
    public required string DocToText { get; init; }

    /// <summary>Template of the target; for multiple choice an index, or the text of a choice.</summary>
    [JsonPropertyName("doc_to_target")]
    public required string DocToTarget { get; init; }

    /// <summary>Template of the target of a few-shot example; empty takes <see cref="DocToTarget"/>.</summary>
    [JsonPropertyName("fewshot_target")]
    public string FewShotTarget { get; init; } = "";

    /// <summary>Templates of the choices, or one name of a field that lists them.</summary>
    [JsonPropertyName("doc_to_choice")]
    public IReadOnlyList<string> DocToChoice { get; init; } = [];

    /// <summary>Stands between prompt and target.</summary>
    [JsonPropertyName("target_delimiter")]
    public string TargetDelimiter { get; init; } = " ";

    /// <summary>Stands after each example.</summary>
    [JsonPropertyName("fewshot_delimiter")]
    public string FewShotDelimiter { get; init; } = "\n\n";

    /// <summary>Examples before the question.</summary>
    [JsonPropertyName("num_fewshot")]
    public int NumFewShot { get; init; }

    /// <summary>How examples are chosen.</summary>
    [JsonPropertyName("fewshot_config")]
    public FewShotOptions FewShotConfig { get; init; } = new();

    /// <summary>Field whose values are subtasks, each with its own examples and results (MMLU: subject); empty for none.</summary>
    [JsonPropertyName("subtask_field")]
    public string SubtaskField { get; init; } = "";

    /// <summary>Groups of subtasks.</summary>
    [JsonPropertyName("groups")]
    public IReadOnlyList<SuiteGroup> Groups { get; init; } = [];

    /// <summary>How responses are generated.</summary>
    [JsonPropertyName("generation_kwargs")]
    public GenerationOptions Generation { get; init; } = new();

    /// <summary>Responses to each prompt.</summary>
    [JsonPropertyName("repeats")]
    public int Repeats { get; init; } = 1;

    /// <summary>Ways from responses to answers; empty takes responses as they are, under the name "none".</summary>
    [JsonPropertyName("filter_list")]
    public IReadOnlyList<FilterOptions> Filters { get; init; } = [];

    /// <summary>The metrics.</summary>
    [JsonPropertyName("metric_list")]
    public required IReadOnlyList<MetricOptions> Metrics { get; init; }

    /// <summary>How the metric pass_at_k tests programs: humaneval, mbpp, apps or livecodebench, the form of the document.</summary>
    [JsonPropertyName("program_form")]
    public string ProgramForm { get; init; } = "";

    /// <summary>The version.</summary>
    [JsonPropertyName("metadata")]
    public SuiteMetadata Metadata { get; init; } = new();

    /// <summary>The output type of generated responses.</summary>
    internal const string GenerateUntil = "generate_until";

    /// <summary>The output type of choices scored by log-likelihood.</summary>
    internal const string MultipleChoice = "multiple_choice";

    /// <summary>True where programs that the model wrote are run.</summary>
    [JsonIgnore]
    public bool UnsafeCode => Metrics.Any(metric => metric.Metric == SuiteMetrics.PassAt);

    /// <summary>True for choices scored by log-likelihood.</summary>
    [JsonIgnore]
    public bool IsMultipleChoice => OutputType == MultipleChoice;
}
