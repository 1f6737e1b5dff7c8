using RlmEngine.Metrics;

namespace RlmEngine.Grading.Programs;

/// <summary>Linux namespaces by util-linux's unshare: a root built by a small script, then chroot and setpriv.</summary>
/// <param name="asUser">Whether the namespaces belong to a user namespace, as they must for a user who is not root.</param>
internal sealed class NamespaceSandbox(bool asUser) : Sandbox
{
    private static readonly string s_script = EmbeddedScript.Read("sandbox.sh");

    /// <inheritdoc/>
    public override string Name => asUser ? "unshare with a user namespace" : "unshare";

    /// <inheritdoc/>
    public override IReadOnlyList<string> CommandLine(IReadOnlyList<SandboxEntry> entries, long folderBytes, IReadOnlyList<string> command)
    {
        string place = SandboxRoot.Place(entries) ?? throw new UserInputException("no folder to build a sandbox's root over: make an empty /mnt");
        string[] user = asUser ? ["--user", "--map-root-user"] : [];
        string[] namespaces = ["--mount", "--pid", "--net", "--ipc", "--uts", "--fork", "--kill-child=SIGKILL"];
        return
        [
            Tool("unshare", "util-linux"), .. user, .. namespaces, "--", Tool("sh", "dash"), "-c", s_script, "sandbox", place, $"{folderBytes}",
            .. entries.SelectMany(entry => new[] { Word(entry.Kind), entry.Path, entry.Source }), "--",
            .. Unprivileged(asUser ? null : SandboxUser.Next()), .. command,
        ];
    }

    private static string Word(SandboxEntryKind kind) => kind switch
    {
        SandboxEntryKind.Folder => "folder",
        SandboxEntryKind.Device => "device",
        SandboxEntryKind.Link => "link",
        _ => "file",
    };
}
