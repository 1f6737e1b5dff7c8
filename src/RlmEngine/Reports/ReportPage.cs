using System.Xml.Linq;
using RlmEngine.Reports.Plotting;

namespace RlmEngine.Reports;

/// <summary>The frame of every report: one self-contained HTML file, which needs no network and no script.</summary>
public static class ReportPage
{
    /// <summary>The page.</summary>
    /// <param name="title">What the browser's tab says.</param>
    /// <param name="body">The page's main element.</param>
    public static string Of(string title, XElement body) => $"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8"/>
        <meta name="viewport" content="width=device-width, initial-scale=1"/>
        <meta name="color-scheme" content="light dark"/>
        {Markup.Element("title", "", title)}
        <style>
        {PageStyle.Sheet}
        </style>
        </head>
        <body>
        {body.ToString(SaveOptions.DisableFormatting)}
        <script>
        {PageScript.HoverReadOut}
        </script>
        </body>
        </html>

        """;
}
