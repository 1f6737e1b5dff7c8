using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using RlmEngine.Metrics;
using RlmEngine.Policies;

namespace RlmEngine.Evaluation.Suites;

/// <summary>Evaluates tasks with a model, a document at a time into a journal, so that a run may be stopped anywhere and go on.</summary>
public sealed class SuiteRun
{
    private readonly SuiteModel _model;
    private readonly SuiteRunOptions _options;
    private readonly string _folder;
    private readonly ProgramJudge? _judge;

    /// <summary>Takes the model and where results go.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">How suites are run.</param>
    /// <param name="folder">Folder of journals and results.</param>
    /// <param name="judge">Runs programs; null where the user has not allowed it.</param>
    public SuiteRun(SuiteModel model, SuiteRunOptions options, string folder, ProgramJudge? judge = null) =>
        (_model, _options, _folder, _judge) = (model, options, folder, judge);

    /// <summary>Told of documents done, of all that are evaluated, by the task's name.</summary>
    public Action<string, long, long> Progress { get; init; } = (_, _, _) => { };

    /// <summary>Asks to stop after the documents at hand.</summary>
    public CancellationToken Cancel { get; init; }

    /// <summary>Evaluates one task.</summary>
    /// <exception cref="InvalidDataException">A document does not fit the task.</exception>
    /// <exception cref="UserInputException">Programs may not run, or the folder holds answers to another question.</exception>
    /// <exception cref="OperationCanceledException">It was asked to stop; what is done is in the journal.</exception>
    public TaskResult Run(SuiteTask task, SuiteData data)
    {
        if (task.UnsafeCode && _judge is null)
            throw new UserInputException($"{task.Task}: runs programs that the model writes, which was not allowed");
        var clock = Stopwatch.StartNew();
        var prompts = new SuitePrompts(task, data, _options.Seed);
        var encoder = new SuiteEncoder(_model.Tokenizer, _options.Chat, _options.AddsBegin);
        SuiteDocument[] documents = Chosen(data.Documents, prompts);
        Directory.CreateDirectory(_folder);
        using SuiteJournal journal = SuiteJournal.Open(Path.Combine(_folder, $"progress_{task.Task}.jsonl"), IdentityOf(task, data));
        var answers = new Dictionary<int, JsonObject>(journal.Entries);
        var work = new Work(this, task, documents, prompts, encoder, journal, answers);
        if (task.IsMultipleChoice)
            work.ScoreChoices();
        else
            work.Generate();
        var grading = new DocumentGrading(task, prompts, encoder);
        DocumentResult[] results = [.. documents.Select(document => grading.Grade(document, answers[document.Id]))];
        int cut = documents.Count(document => answers[document.Id]["cut"] is not null);
        return new TaskResult(task, data.Documents.Count, results, cut, clock.Elapsed.TotalSeconds);
    }

    private SuiteDocument[] Chosen(IReadOnlyList<SuiteDocument> documents, SuitePrompts prompts)
    {
        if (_options.Limit is not int limit)
            return [.. documents];
        return [.. documents.GroupBy(prompts.SubtaskOf).SelectMany(group => group.Take(limit)).OrderBy(document => document.Id)];
    }

    /// <summary>All that an answer depends on; the limit is no part of it, so that a run may go on to more documents.</summary>
    private string IdentityOf(SuiteTask task, SuiteData data)
    {
        var text = new StringBuilder(SuiteJson.Of(task).ToJsonString(SuiteJson.Line));
        text.Append('\n').Append(_model.Hash).Append('\n').Append(_options.Seed).Append('\n').Append(_options.AddsBegin).Append('\n')
            .Append(_options.Chat?.Template.Name).Append('\n').Append(_options.Chat?.System).Append('\n').Append(_options.Chat?.Thinks);
        IEnumerable<SuiteDocument> all = data.ExamplesAreDocuments ? data.Documents : data.Documents.Concat(data.Examples);
        foreach (SuiteDocument document in all)
            text.Append('\n').Append(document.Fields.ToJsonString(SuiteJson.Line));
        return PythonJson.Hash(text.ToString());
    }

    /// <summary>One task's documents that the journal does not hold yet.</summary>
    private sealed class Work(
        SuiteRun run, SuiteTask task, SuiteDocument[] documents, SuitePrompts prompts, SuiteEncoder encoder, SuiteJournal journal,
        Dictionary<int, JsonObject> answers)
    {
        private long _done = documents.Count(document => answers.ContainsKey(document.Id));

        private IEnumerable<SuiteDocument> Missing => documents.Where(document => !answers.ContainsKey(document.Id));

        public void ScoreChoices()
        {
            foreach (SuiteDocument[] subtask in Missing.GroupBy(prompts.SubtaskOf).Select(group => group.ToArray()).ToArray())
            {
                ChoiceRequest[] requests = [.. subtask.Select(RequestOf)];
                ChoiceScoring.Score(run._model.Scorer, requests, Keep, run._options.SharesPrefix);
            }
        }

        public void Generate()
        {
            var generation = new ResponseGeneration(run._model, task, run._options);
            foreach (SuiteDocument[] batch in Batches([.. Missing], generation.DocumentsOfBatch))
            {
                int[][] tokens = [.. batch.Select(document => encoder.Encode(prompts.HeadOf(document), prompts.QuestionOf(document)))];
                string[][] responses = generation.Generate(batch[0].Id, [.. tokens.Select(generation.Fit)]);
                JsonArray[]? passed = task.UnsafeCode ? DocumentGrading.RunPrograms(task, batch, responses, run._judge!, run.Cancel) : null;
                for (int i = 0; i < batch.Length; i++)
                {
                    var entry = new JsonObject { ["resps"] = new JsonArray([.. responses[i].Select(text => (JsonNode?)text)]) };
                    if (generation.Fit(tokens[i]).Length < tokens[i].Length)
                        entry["cut"] = true;
                    if (passed is not null)
                        entry["passed"] = passed[i];
                    Keep(batch[i].Id, entry);
                }

                Tell();
            }
        }

        private ChoiceRequest RequestOf(SuiteDocument document)
        {
            string delimiter = encoder.IsChat ? "" : task.TargetDelimiter;
            (int[] context, int[][] continuations) = encoder.EncodePairs(
                prompts.HeadOf(document), prompts.QuestionOf(document), [.. prompts.ChoicesOf(document).Select(choice => delimiter + choice)]);
            return ChoiceScoring.Fit(document.Id, context, continuations, run._model.ContextLength);
        }

        private void Keep(IReadOnlyList<ChoiceRequest> requests, ContinuationScore[][] scores)
        {
            for (int i = 0; i < requests.Count; i++)
            {
                JsonNode?[] pairs = [.. scores[i].Select(score => (JsonNode?)new JsonArray(score.LogProb, score.IsGreedy))];
                var entry = new JsonObject { ["resps"] = new JsonArray(pairs) };
                if (requests[i].IsCut)
                    entry["cut"] = true;
                Keep(requests[i].Id, entry);
            }

            Tell();
        }

        private void Keep(int document, JsonObject entry)
        {
            journal.Append(document, entry);
            answers[document] = entry;
            _done++;
        }

        private void Tell()
        {
            run.Progress(task.Task, _done, documents.Length);
            run.Cancel.ThrowIfCancellationRequested();
        }

        /// <summary>Documents that stand one after another in the data, as the random stream numbers them.</summary>
        private static IEnumerable<SuiteDocument[]> Batches(SuiteDocument[] missing, int most)
        {
            int first = 0;
            for (int i = 1; i <= missing.Length; i++)
            {
                if (i < missing.Length && i - first < most && missing[i].Id == missing[i - 1].Id + 1)
                    continue;
                yield return missing[first..i];
                first = i;
            }
        }
    }
}
