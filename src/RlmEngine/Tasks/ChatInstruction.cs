using RlmEngine.Rewards;

namespace RlmEngine.Tasks;

/// <summary>A task's own instruction to a chat model, in our words: what stands before and after the document in the user's message.</summary>
/// <remarks>The document stands between &lt;text&gt; and &lt;/text&gt;, so that white space at the place where it breaks off is plain to see.</remarks>
public static class ChatInstruction
{
    /// <summary>The text before and after the document; {budget} and {mask} stand for the thought budget and the mark of a removed span.</summary>
    public static (string Before, string After) Of(TaskOptions task) => task.Type switch
    {
        TaskType.SpanRestoration => (
            "One passage of the following text has been cut out; {mask} stands in its place.\n\n<text>",
            $"</text>\n\nWhich passage is missing? {Think(task)}rite the missing passage and nothing else."),
        TaskType.VerifiableAnswer => (
            "",
            task.Reward.Match == MatchReward.MathAnswer
                ? $"\n\n{Think(task)}rite the solution, with the final answer within \\boxed{{}}."
                : $"\n\n{Think(task)}rite the answer and nothing else."),
        _ => (
            "The following text breaks off.\n\n<text>",
            task.Reward.Match == MatchReward.BytePrefix
                ? $"</text>\n\nHow does it go on, right where it breaks off? {Think(task)}rite the token that comes next, or several where you are sure, "
                    + "exactly as the text would have them, with the space in front where there is one, and nothing else."
                : $"</text>\n\nWhich token comes next, right where it breaks off? {Think(task)}rite that token, "
                    + "with the space in front where there is one, and nothing else."),
    };

    /// <summary>RMT's budget instruction, where the task has one, up to the "w" of what is to be written.</summary>
    private static string Think(TaskOptions task) => (task.MaxThinkTokens > 0, task.Budget is not null) switch
    {
        (false, _) => "W",
        (true, true) => "Think first: use exactly {budget} tokens within <think></think>. Then w",
        (true, false) => "Think first, within <think></think>. Then w",
    };
}
