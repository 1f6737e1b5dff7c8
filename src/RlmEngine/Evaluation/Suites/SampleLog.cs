using System.Text;
using System.Text.Json.Nodes;

namespace RlmEngine.Evaluation.Suites;

/// <summary>Writes samples_TASK.jsonl in the shape of lm-evaluation-harness's sample logs: a line for each document and filter.</summary>
public static class SampleLog
{
    /// <summary>Writes the file over one that is there; a reader sees the old or the new.</summary>
    /// <returns>Its path.</returns>
    public static string Write(string folder, TaskResult result)
    {
        string path = Path.Combine(folder, $"samples_{result.Task.Task}.jsonl");
        string partial = path + ".partial";
        using (StreamWriter writer = new(partial, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)))
        {
            // Filters on the outside, as in the harness.
            for (int filter = 0; filter < (result.Documents.Count == 0 ? 0 : result.Documents[0].Filters.Count); filter++)
            {
                foreach (DocumentResult document in result.Documents)
                    writer.Write(LineOf(document, document.Filters[filter]).ToJsonString(SuiteJson.Line) + "\n");
            }
        }

        File.Move(partial, path, overwrite: true);
        return path;
    }

    /// <summary>One line.</summary>
    public static JsonObject LineOf(DocumentResult result, FilterResult filter)
    {
        var line = new JsonObject
        {
            ["doc_id"] = result.Document.Id,
            ["doc"] = result.Document.Fields.DeepClone(),
            ["target"] = result.Target,
            ["arguments"] = ArgumentsOf(result),
            ["resps"] = new JsonArray([.. result.Responses.Select(response => (JsonNode?)response.DeepClone())]),
            ["filtered_resps"] = new JsonArray([.. filter.Answers.Select(answer => answer?.DeepClone())]),
            ["filter"] = filter.Filter,
            ["metrics"] = new JsonArray([.. filter.Metrics.Keys.Select(name => (JsonNode?)name)]),
            ["doc_hash"] = PythonJson.Hash(PythonJson.Write(result.Document.Fields)),
            ["prompt_hash"] = PythonJson.Hash(result.Arguments[0].Prompt),
            ["target_hash"] = PythonJson.Hash(result.Target),
        };
        foreach ((string name, double value) in filter.Metrics)
            line[name] = value;
        return line;
    }

    private static JsonObject ArgumentsOf(DocumentResult result)
    {
        var arguments = new JsonObject();
        for (int i = 0; i < result.Arguments.Count; i++)
        {
            (string prompt, JsonNode argument) = result.Arguments[i];
            arguments[$"gen_args_{i}"] = new JsonObject { ["arg_0"] = prompt, ["arg_1"] = argument.DeepClone() };
        }

        return arguments;
    }
}
