using System.Globalization;
using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace RlmEngine.Reports.Plotting;

/// <summary>The one door through which text becomes markup: escaped by System.Xml, with characters XML cannot hold replaced.</summary>
public static class Markup
{
    /// <summary>An element with its content; strings are text, never markup.</summary>
    /// <param name="name">Tag.</param>
    /// <param name="style">Its class, or an empty string.</param>
    /// <param name="content">Strings, elements, attributes, sequences of them, or null.</param>
    public static XElement Element(string name, string style = "", params object?[] content)
    {
        // The empty text keeps <td></td> from being written <td/>, which HTML reads as an open tag.
        var element = new XElement(name, "");
        if (style.Length > 0)
            element.Add(new XAttribute("class", style));
        element.Add([.. content.Select(item => item is string text ? Clean(text) : item)]);
        return element;
    }

    /// <summary>An attribute with a text value.</summary>
    public static XAttribute Attribute(string name, string value) => new(name, Clean(value));

    /// <summary>An attribute with a coordinate, to a hundredth.</summary>
    public static XAttribute Attribute(string name, double value) => new(name, Number(value));

    /// <summary>A coordinate, to a hundredth.</summary>
    public static string Number(double value) => Math.Round(value, 2).ToString("0.##", CultureInfo.InvariantCulture);

    /// <summary>Replaces what XML 1.0 cannot hold (control characters, lone surrogates) by U+FFFD.</summary>
    public static string Clean(string text)
    {
        var clean = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]))
                clean.Append(text[i]).Append(text[++i]);
            else
                clean.Append(XmlConvert.IsXmlChar(text[i]) ? text[i] : '\uFFFD');
        }

        return clean.ToString();
    }
}
