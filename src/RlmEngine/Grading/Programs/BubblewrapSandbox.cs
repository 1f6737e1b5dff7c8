namespace RlmEngine.Grading.Programs;

/// <summary>Linux namespaces by bubblewrap, which some systems allow users where they forbid unshare.</summary>
/// <param name="asUser">Whether the namespaces belong to a user namespace, as they must for a user who is not root.</param>
internal sealed class BubblewrapSandbox(bool asUser) : Sandbox
{
    /// <inheritdoc/>
    public override string Name => asUser ? "bubblewrap with a user namespace" : "bubblewrap";

    /// <inheritdoc/>
    public override IReadOnlyList<string> CommandLine(IReadOnlyList<SandboxEntry> entries, long folderBytes, IReadOnlyList<string> command)
    {
        string[] user = asUser ? ["--unshare-user", "--disable-userns"] : ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP"];
        string[] namespaces = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--die-with-parent", "--new-session", "--as-pid-1"];
        return
        [
            Tool("bwrap", "bubblewrap"), .. namespaces, "--cap-drop", "ALL", .. user,
            .. entries.SelectMany(Words), "--perms", "1777", "--size", $"{folderBytes}", "--tmpfs", SandboxRoot.WorkFolder,
            "--remount-ro", "/", "--chdir", "/", "--", .. Unprivileged(asUser ? null : SandboxUser.Next()), .. command,
        ];
    }

    private static string[] Words(SandboxEntry entry) => entry.Kind switch
    {
        SandboxEntryKind.Link => ["--symlink", entry.Source, entry.Path],
        SandboxEntryKind.Device => ["--dev-bind", entry.Source, entry.Path],
        _ => ["--ro-bind", entry.Source, entry.Path],
    };
}
