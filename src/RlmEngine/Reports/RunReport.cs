using System.Text;
using System.Xml.Linq;
using RlmEngine.Metrics;
using RlmEngine.Reports.Plotting;

namespace RlmEngine.Reports;

/// <summary>Writes report.html: one self-contained file with plots and tables, which needs no network and no script.</summary>
public static class RunReport
{
    /// <summary>Name of the report in a run folder.</summary>
    public const string FileName = "report.html";

    /// <summary>Writes the report of one run into its folder, over one that is there.</summary>
    /// <param name="runFolder">A folder with some of recipe.json, metrics.jsonl, summary.json and rollouts.jsonl; the report names what is missing.</param>
    /// <returns>Path of the report.</returns>
    /// <exception cref="UserInputException">There is no such folder, or it holds no file of a run.</exception>
    public static string Write(string runFolder) => Write([runFolder], Path.Combine(runFolder, FileName));

    /// <summary>Writes the report of one or more runs, overlaid by name, into a file.</summary>
    /// <param name="runFolders">At least one run folder.</param>
    /// <param name="output">Path of the HTML file.</param>
    /// <returns>Path of the report.</returns>
    /// <exception cref="ArgumentException">No folder was given.</exception>
    /// <exception cref="UserInputException">There is no such folder, or one holds no file of a run.</exception>
    public static string Write(IReadOnlyList<string> runFolders, string output)
    {
        if (runFolders.Count == 0)
            throw new ArgumentException("A report needs at least one run folder.", nameof(runFolders));
        string html = Render(Named([.. runFolders.Select(RunData.Load)]));
        // Written beside and renamed, so that a reader never sees half a page.
        string partial = output + ".partial";
        File.WriteAllText(partial, html, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        File.Move(partial, output, overwrite: true);
        return output;
    }

    /// <summary>The page of one run, or of several overlaid.</summary>
    /// <param name="runs">Runs with names that are unlike.</param>
    public static string Render(IReadOnlyList<(string Name, RunData Run)> runs)
    {
        bool isSingle = runs.Count == 1;
        string title = string.Join(", ", runs.Select(run => run.Name));
        XElement body = Markup.Element(
            "main", "",
            Markup.Element("h1", "", title),
            runs.Select(run => RunHeader.Of(run.Name, run.Run, isSingle)),
            isSingle ? RunHeader.Cards(runs[0].Run) : null,
            ResultTable.Of(runs),
            Plots(isSingle ? Figure.Of(runs[0].Run) : Figure.Overlay(runs)),
            runs.SelectMany(run => RolloutTable.Of(run.Name, run.Run, isSingle)),
            runs.SelectMany(run => RunHeader.Recipe(run.Name, run.Run, isSingle)));
        return ReportPage.Of(title + " · run report", body);
    }

    /// <summary>Gives each run a name of its own: the recipe's, with the folder's behind it where two are alike, and a number as the last resort.</summary>
    public static IReadOnlyList<(string Name, RunData Run)> Named(IReadOnlyList<RunData> runs)
    {
        var named = new List<(string Name, RunData Run)>();
        foreach (RunData run in runs)
        {
            string folder = Path.GetFileName(Path.GetFullPath(run.Folder).TrimEnd('/', '\\'));
            string name = runs.Count(other => other.Name == run.Name) == 1 ? run.Name : $"{run.Name} ({folder})";
            string unlike = name;
            for (int number = 2; named.Any(other => other.Name == unlike); number++)
                unlike = $"{name} {number}";
            named.Add((unlike, run));
        }

        return named;
    }

    private static XElement Plots(IEnumerable<XElement> figures)
    {
        XElement[] all = [.. figures];
        return all.Length > 0
            ? Markup.Element("section", "plots", all)
            : Markup.Element("p", "note", "There are no metrics to plot yet.");
    }
}
