using RlmEngine.Corpus;
using RlmEngine.Evaluation;
using RlmEngine.Metrics;
using RlmEngine.Tokenization;

namespace RlmEngine.Recipes;

/// <summary>Holds every value of a recipe against its range, METHOD and the records' own docs.</summary>
public static class RecipeValidator
{
    /// <summary>Bytes and special tokens, the smallest vocabulary there is.</summary>
    internal const int SmallestVocabulary = 256 + 5;

    /// <summary>The problems, in the order of the recipe's fields; empty when all is well.</summary>
    public static IReadOnlyList<RecipeProblem> Check(Recipe recipe)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        List<RecipeProblem> problems = [];
        RecipeChecks checks = new(problems, "");
        checks.Name("name", recipe.Name, allowDot: true);
        checks.AtLeast("threads", recipe.Threads, 0);
        CheckCorpus(checks.Below("corpus"), recipe.Corpus);
        CheckTokenizer(checks.Below("tokenizer"), recipe.Tokenizer);
        CheckModel(checks.Below("model"), recipe.Model, recipe.Tokenizer.VocabularySize);
        CheckOptimizer(checks.Below("optimizer"), recipe.Optimizer);
        StageValidator.Check(checks, recipe);
        CheckEvaluation(checks.Below("evaluation"), recipe);
        checks.Below("checkpoints").AtLeast("every", recipe.Checkpoints.Every, 0);
        checks.Below("checkpoints").AtLeast("keep", recipe.Checkpoints.Keep, 1);
        return problems;
    }

    /// <summary>Refuses a recipe with a problem; for recipes made in code.</summary>
    /// <exception cref="UserInputException">Names the first problem.</exception>
    public static void Validate(Recipe recipe)
    {
        if (Check(recipe) is [RecipeProblem first, ..])
            throw new UserInputException("", 0, first.Path, first.Message);
    }

    private static void CheckCorpus(RecipeChecks checks, CorpusOptions corpus)
    {
        checks.Require(!corpus.Paths.Contains(""), "paths", "an empty path; a file or folder is needed");
        checks.Require(corpus.Fields.Count > 0 && !corpus.Fields.Contains(""), "fields", "a list of field names, none of them empty, is needed");
        checks.ShareAboveZero("heldOut", corpus.HeldOut, 0.9);
        checks.AtLeast("maxDocumentBytes", corpus.MaxDocumentBytes, 1);
        checks.AtLeast("splitBytes", corpus.SplitBytes, 0);
        checks.AtLeast("shuffleBuffer", corpus.ShuffleBuffer, 1);
        RecipeChecks world = checks.Below("world");
        world.AtLeast("documents", corpus.World.Documents, 1);
        world.AtLeast("minSteps", corpus.World.MinSteps, 1);
        world.Require(
            corpus.World.MaxSteps >= corpus.World.MinSteps, "maxSteps", $"{corpus.World.MaxSteps} is below minSteps, {corpus.World.MinSteps}");
        world.Require(
            corpus.World.MaxSteps <= WorldPage.MostSteps, "maxSteps",
            $"{corpus.World.MaxSteps} steps are too many; at most {WorldPage.MostSteps} is needed");
    }

    private static void CheckTokenizer(RecipeChecks checks, TokenizerOptions tokenizer)
    {
        checks.AtLeast("vocabularySize", tokenizer.VocabularySize, SmallestVocabulary);
        checks.AtLeast("trainBytes", tokenizer.TrainBytes, 1);
    }

    private static void CheckModel(RecipeChecks checks, ModelOptions model, int vocabulary)
    {
        checks.Require(model.Checkpoint is null or { Length: > 0 }, "checkpoint", "an empty path; a checkpoint folder, or null for a new model, is needed");
        checks.AtLeast("hiddenSize", model.HiddenSize, 1);
        checks.AtLeast("layers", model.Layers, 1);
        checks.AtLeast("heads", model.Heads, 1);
        checks.AtLeast("keyValueHeads", model.KeyValueHeads, 1);
        checks.Require(
            model.KeyValueHeads < 1 || model.Heads % model.KeyValueHeads == 0, "keyValueHeads",
            $"{model.KeyValueHeads} does not divide heads, {model.Heads}");
        checks.Require(model.HeadSize >= 2 && model.HeadSize % 2 == 0, "headSize", $"{model.HeadSize} is not possible; an even number of at least 2 is needed");
        checks.AtLeast("intermediateSize", model.IntermediateSize, 1);
        checks.Positive("ropeTheta", model.RopeTheta);
        checks.Positive("rmsNormEpsilon", model.RmsNormEpsilon);
        checks.AtLeast("contextLength", model.ContextLength, 16);
        checks.Positive("initializerRange", model.InitializerRange);

        long widest = Math.Max(Math.Max(vocabulary, model.IntermediateSize), (long)model.Heads * model.HeadSize);
        checks.Require(
            model.HiddenSize < 1 || widest <= int.MaxValue / model.HiddenSize, "hiddenSize",
            $"a matrix of {model.HiddenSize} x {widest} is too large; at most {int.MaxValue} numbers are possible");
    }

    private static void CheckOptimizer(RecipeChecks checks, OptimizerOptions optimizer)
    {
        checks.Require(optimizer.Beta1 is >= 0 and < 1, "beta1", $"{optimizer.Beta1} is outside [0, 1)");
        checks.Require(optimizer.Beta2 is >= 0 and < 1, "beta2", $"{optimizer.Beta2} is outside [0, 1)");
        checks.Positive("epsilon", optimizer.Epsilon);
        checks.NotNegative("weightDecay", optimizer.WeightDecay);
        checks.NotNegative("clipNorm", optimizer.ClipNorm);
    }

    private static void CheckEvaluation(RecipeChecks checks, Recipe recipe)
    {
        EvaluationOptions evaluation = recipe.Evaluation;
        for (int i = 0; i < evaluation.Tasks.Count; i++)
            TaskValidator.Check(checks.Below("tasks", i), evaluation.Tasks[i], recipe.Model, isEvaluated: true);
        checks.AtLeast("problems", evaluation.Problems, 0);
        checks.AtLeast("every", evaluation.Every, 0);
        checks.AtLeast("nextTokenPerTier", evaluation.NextTokenPerTier, 0);
        checks.AtLeast("restorations", evaluation.Restorations, 0);
        checks.AtLeast("samples", evaluation.Samples, 1);
        checks.AtLeast("lossDocuments", evaluation.LossDocuments, 0);
        checks.AtLeast("bootstrapSamples", evaluation.BootstrapSamples, 0);
        StageValidator.CheckSampling(checks.Below("sampling"), evaluation.Sampling, isTraining: false);
    }
}
