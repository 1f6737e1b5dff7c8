using System.Text.Json.Serialization;

namespace RlmEngine.Evaluation.Suites;

/// <summary>A benchmark suite: tasks that are evaluated together. Names of fields are lm-evaluation-harness's, so that its task files can be carried over.</summary>
public sealed record SuiteOptions
{
    /// <summary>Its name.</summary>
    [JsonPropertyName("suite")]
    public required string Suite { get; init; }

    /// <summary>The tasks, at least one, with names that are unlike.</summary>
    [JsonPropertyName("tasks")]
    public required IReadOnlyList<SuiteTask> Tasks { get; init; }
}

/// <summary>The version of a task: it moves whenever numbers before and after cannot be compared.</summary>
public sealed record SuiteMetadata
{
    /// <summary>The version.</summary>
    [JsonPropertyName("version")]
    public double Version { get; init; } = 1;
}

/// <summary>Which documents of a file are of which split, by a number that they hold.</summary>
public sealed record DocumentRange
{
    /// <summary>The field that holds the number; empty takes all documents.</summary>
    [JsonPropertyName("field")]
    public string Field { get; init; } = "";

    /// <summary>First and last number of the test split.</summary>
    [JsonPropertyName("test")]
    public IReadOnlyList<int> Test { get; init; } = [];

    /// <summary>First and last number of the few-shot examples.</summary>
    [JsonPropertyName("fewshot")]
    public IReadOnlyList<int> FewShot { get; init; } = [];

    /// <summary>True for a document of a split; one without the field is of both.</summary>
    public bool Holds(System.Text.Json.Nodes.JsonObject document, bool isTest) =>
        (isTest ? Test : FewShot) is not [int first, int last] || Field.Length == 0
        || document[Field] is not System.Text.Json.Nodes.JsonValue value || !value.TryGetValue(out int number) || (number >= first && number <= last);
}

/// <summary>Where few-shot examples come from.</summary>
public sealed record FewShotOptions
{
    /// <summary>first_n takes the first examples (of the same group, where documents are grouped); random draws them by the seed, for each document anew.</summary>
    [JsonPropertyName("sampler")]
    public string Sampler { get; init; } = "first_n";
}

/// <summary>How responses are generated.</summary>
public sealed record GenerationOptions
{
    /// <summary>Strings before which a response ends.</summary>
    [JsonPropertyName("until")]
    public IReadOnlyList<string> Until { get; init; } = [];

    /// <summary>Tokens of a response at most; less where the model's context is shorter.</summary>
    [JsonPropertyName("max_gen_toks")]
    public int MaxTokens { get; init; } = 256;

    /// <summary>False is greedy, whatever the temperature.</summary>
    [JsonPropertyName("do_sample")]
    public bool DoSample { get; init; }

    /// <summary>Sampling temperature.</summary>
    [JsonPropertyName("temperature")]
    public double Temperature { get; init; }

    /// <summary>Top-p in (0, 1].</summary>
    [JsonPropertyName("top_p")]
    public double TopP { get; init; } = 1;

    /// <summary>Top-k; 0 keeps all.</summary>
    [JsonPropertyName("top_k")]
    public int TopK { get; init; }

    /// <summary>Min-p in [0, 1].</summary>
    [JsonPropertyName("min_p")]
    public double MinP { get; init; }

    /// <summary>True when all responses to a prompt are the same.</summary>
    [JsonIgnore]
    public bool IsGreedy => !DoSample || Temperature == 0;
}

/// <summary>A named way from responses to answers.</summary>
public sealed record FilterOptions
{
    /// <summary>Its name, which stands behind the comma in results ("exact_match,strict-match").</summary>
    [JsonPropertyName("name")]
    public required string Name { get; init; }

    /// <summary>The steps, in order.</summary>
    [JsonPropertyName("filter")]
    public required IReadOnlyList<FilterStep> Steps { get; init; }
}

/// <summary>One step of a filter, see <see cref="ResponseFilter"/>.</summary>
public sealed record FilterStep
{
    /// <summary>Name of the function.</summary>
    [JsonPropertyName("function")]
    public required string Function { get; init; }

    /// <summary>regex: the pattern; its group is the answer, or the whole match where it has none.</summary>
    [JsonPropertyName("regex_pattern")]
    public string Pattern { get; init; } = @"#### (\-?[0-9\.\,]+)";

    /// <summary>regex: which match, from the end where negative.</summary>
    [JsonPropertyName("group_select")]
    public int GroupSelect { get; init; }

    /// <summary>The answer where none is found.</summary>
    [JsonPropertyName("fallback")]
    public string Fallback { get; init; } = "[invalid]";

    /// <summary>take_first_k: how many.</summary>
    [JsonPropertyName("k")]
    public int K { get; init; } = 1;
}

/// <summary>A metric, see <see cref="SuiteMetrics"/>.</summary>
public sealed record MetricOptions
{
    /// <summary>Its name.</summary>
    [JsonPropertyName("metric")]
    public required string Metric { get; init; }

    /// <summary>How documents become one number.</summary>
    [JsonPropertyName("aggregation")]
    public string Aggregation { get; init; } = "mean";

    /// <summary>True when more is better.</summary>
    [JsonPropertyName("higher_is_better")]
    public bool HigherIsBetter { get; init; } = true;

    /// <summary>exact_match: upper and lower case are the same.</summary>
    [JsonPropertyName("ignore_case")]
    public bool IgnoreCase { get; init; }

    /// <summary>exact_match: ASCII punctuation is left out.</summary>
    [JsonPropertyName("ignore_punctuation")]
    public bool IgnorePunctuation { get; init; }

    /// <summary>exact_match: what these patterns match is left out of both sides, before all else.</summary>
    [JsonPropertyName("regexes_to_ignore")]
    public IReadOnlyList<string> RegexesToIgnore { get; init; } = [];

    /// <summary>pass_at_k: the k; for equality metrics more than those that are reported anyway.</summary>
    [JsonPropertyName("k")]
    public IReadOnlyList<int> K { get; init; } = [];

    /// <summary>Filters it is computed for; empty for all.</summary>
    [JsonPropertyName("filters")]
    public IReadOnlyList<string> Filters { get; init; } = [];

    /// <summary>True when it is computed for a filter.</summary>
    public bool Covers(string filter) => Filters.Count == 0 || Filters.Contains(filter);
}

/// <summary>Groups of subtasks whose results are also given together.</summary>
public sealed record SuiteGroup
{
    /// <summary>Name of the group.</summary>
    [JsonPropertyName("group")]
    public required string Group { get; init; }

    /// <summary>Values of the field that tells subtasks apart.</summary>
    [JsonPropertyName("task")]
    public required IReadOnlyList<string> Members { get; init; }
}
