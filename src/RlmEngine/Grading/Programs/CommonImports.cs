namespace RlmEngine.Grading.Programs;

/// <summary>The imports that LiveCodeBench puts before each program, those of APPS among them: contest sites have them too.</summary>
internal static class CommonImports
{
    private const string Names = "string re datetime collections heapq bisect copy math random statistics itertools functools operator io sys json";

    private static readonly string s_text = string.Concat(Names.Split(' ').Concat(["builtins", "typing"]).Select(name => $"from {name} import *\n"))
                                            + string.Concat(Names.Split(' ').Select(name => $"import {name}\n"))
                                            + "import time\nsys.setrecursionlimit(50000)\n";

    /// <summary>The program with the imports before it; imports from the future stay first, as Python wants them.</summary>
    public static string Before(string program)
    {
        string[] lines = program.Split('\n');
        ILookup<bool, string> byFuture = lines.ToLookup(line => line.StartsWith("from __future__ ", StringComparison.Ordinal));
        return string.Join('\n', byFuture[true].Append(s_text).Concat(byFuture[false]));
    }
}
