using System.Globalization;

namespace RlmEngine.Recipes;

/// <summary>Collects problems of fields below one path; every comparison is written so that NaN fails it.</summary>
internal readonly struct RecipeChecks(List<RecipeProblem> problems, string path)
{
    /// <summary>Checks of the fields below a field of this one.</summary>
    public RecipeChecks Below(string segment) => new(problems, RecipePath.Join(path, segment));

    /// <summary>Checks of the fields below an element of a list.</summary>
    public RecipeChecks Below(string list, int index) => Below(list).Below(index.ToString(CultureInfo.InvariantCulture));

    /// <summary>Records a problem unless the condition holds.</summary>
    public void Require(bool holds, string field, string message)
    {
        if (!holds)
            problems.Add(new RecipeProblem(RecipePath.Join(path, field), message));
    }

    /// <summary>Requires an integer of at least a bound.</summary>
    public void AtLeast(string field, long value, long bound) => Require(value >= bound, field, $"{value} is too small; at least {bound} is needed");

    /// <summary>Requires a finite number above zero.</summary>
    public void Positive(string field, double value) =>
        Require(value > 0 && double.IsFinite(value), field, $"{value} is not possible; a finite number above 0 is needed");

    /// <summary>Requires a finite number that is not negative.</summary>
    public void NotNegative(string field, double value) =>
        Require(value >= 0 && double.IsFinite(value), field, $"{value} is not possible; a finite number of at least 0 is needed");

    /// <summary>Requires a number in [0, 1].</summary>
    public void Share(string field, double value) => Require(value is >= 0 and <= 1, field, $"{value} is outside [0, 1]");

    /// <summary>Requires a number in (0, largest].</summary>
    public void ShareAboveZero(string field, double value, double largest) =>
        Require(value > 0 && value <= largest, field, $"{value} is outside (0, {largest}]");

    /// <summary>Requires a finite number.</summary>
    public void Finite(string field, double value) => Require(double.IsFinite(value), field, $"{value} is not possible; a finite number is needed");

    /// <summary>Requires a name that can stand in a path: letters, digits, "-", "_" and ".", beginning with a letter or digit.</summary>
    public void Name(string field, string value, bool allowDot)
    {
        bool isGood = value.Length is > 0 and <= 100 && char.IsAsciiLetterOrDigit(value[0])
            && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' || (allowDot && c == '.'));
        Require(isGood, field, $"\"{value}\" is no name; 1 to 100 letters, digits, \"-\"{(allowDot ? ", \".\"" : "")} or \"_\" are needed, a letter or digit first");
    }
}
