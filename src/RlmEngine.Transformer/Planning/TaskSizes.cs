using RlmEngine.Curriculum;
using RlmEngine.Metrics;
using RlmEngine.Rollouts;
using RlmEngine.Tasks;
using RlmEngine.Tokenization;

namespace RlmEngine.Transformer.Planning;

/// <summary>Lengths of one task's prompts and completions, in tokens.</summary>
/// <param name="Task">The task.</param>
/// <param name="OwnText">Prompt tokens beside the document.</param>
/// <param name="Room">Tokens of the document that the context has room for.</param>
/// <param name="Prompt">Mean tokens of a prompt.</param>
/// <param name="LongestPrompt">Tokens of the longest prompt.</param>
/// <param name="Document">Mean tokens of the document that a prompt is made from, as far as next-token prediction sees it.</param>
/// <param name="Completion">Tokens of a completion at most.</param>
/// <param name="CompletionAtBudget">Mean tokens of a completion whose thought keeps to its budget; equal to Completion without one.</param>
public sealed record TaskSizes(
    TaskOptions Task, int OwnText, int Room, double Prompt, int LongestPrompt, double Document, int Completion, double CompletionAtBudget)
{
    /// <summary>Measures a task's prompts on a sample of the corpus.</summary>
    /// <param name="task">The task.</param>
    /// <param name="path">Where it stands in the recipe, for messages.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="contextLength">The model's context.</param>
    /// <param name="steps">Steps of the stage, over which the budget decays.</param>
    /// <param name="sequenceLength">Tokens that documents are cut to for next-token prediction.</param>
    /// <param name="corpus">The sample.</param>
    /// <exception cref="UserInputException">The context has no room for a token of the document.</exception>
    public static TaskSizes Of(
        TaskOptions task, string path, ITokenizer tokenizer, int contextLength, int steps, int sequenceLength, CorpusSample corpus)
    {
        TokenBudget? budget = task.Budget is { } options ? new TokenBudget(options) : null;
        PromptTemplate template = new(tokenizer, task);
        int first = budget?.At(0, steps) ?? 0;
        int text = template.Before(first).Length + template.After(first).Length;
        int marks = new CompletionTokens(tokenizer).MarkTokens(template.Stop(endsAtEndToken: true));
        bool restores = task.Type == TaskType.SpanRestoration;
        int room = template.Room(contextLength, first) - (restores ? template.Mask.Length + 1 : 0);
        if (room < (restores ? 2 : 1))
        {
            throw new UserInputException("", 0, path,
                $"thought {task.MaxThinkTokens} + answer {task.MaxAnswerTokens} + the prompt's own text, {text} tokens, leave no room "
                + $"for the document in the model's context of {contextLength}; fewer of them are needed");
        }

        int shown = Math.Min(room, template.ContextTokens);
        double document = restores ? corpus.MeanCut(shown) : corpus.MeanShown(shown);
        double seen = restores ? Math.Min(document, sequenceLength) : Math.Min(corpus.MeanOfDrawn, sequenceLength);
        double thought = budget is null ? task.MaxThinkTokens : Math.Min(task.MaxThinkTokens, MeanBudget(budget, steps));
        return new TaskSizes(
            task, text, room, text + document, text + Math.Min(shown, corpus.Longest), seen, task.MaxThinkTokens + marks + task.MaxAnswerTokens,
            thought + marks + task.MaxAnswerTokens);
    }

    private static double MeanBudget(TokenBudget budget, int steps)
    {
        double sum = 0;
        for (int step = 0; step < steps; step++)
            sum += budget.At(step, steps);
        return sum / steps;
    }
}
