using RlmEngine.Cli;

return RlmCommandLine.Run(args, CommandConsole.OfProcess());
