internal import Agent
internal import Copilot
internal import Git
internal import JSON
internal import Primitives
internal import Work

/// What the CLI asks, as an intent for the gate: with the exact command, or the diff of the file.
struct CopilotCLIIntents: Sendable {
    enum Reading: Sendable {
        case intent(ToolIntent)
        /// Nobody is asked; the model reads the reason.
        case refused(tool: String, reason: String)
    }

    static let root = "/workspace"
    // Change: what the Copilot CLI may do as agent
    /// The tools of the CLI, and those of ours that stand for them in policies and personas; any of these is enough.
    static let tools: [(own: String, ours: [String])] = [
        ("bash", ["shell"]), ("read_bash", ["shell"]), ("stop_bash", ["shell"]), ("list_bash", ["shell"]),
        ("edit", ["edit", "patch", "write"]), ("create", ["write", "edit", "patch"]), ("view", ["read"]),
        ("apply_patch", ["patch", "edit", "write"]), ("grep", ["grep"]), ("rg", ["grep"]),
        ("glob", ["grep", "list"]),
    ]

    /// The CLI's tools that may change files.
    static let changing: Set<String> = ["bash", "edit", "create", "apply_patch"]

    let files: any WorkspaceFiles
    /// Of the persona.
    let allowed: [String]

    /// Tools that the persona has not.
    var excluded: [String] {
        Self.tools.filter { tool in !tool.ours.contains { self.allowed.contains($0) } }.map(\.own)
    }

    func read(_ ask: CopilotCLIAsk, id: String) async -> Reading {
        switch ask.subject {
        case .command(let command): return self.command(command, id)
        case .write(let path, let content): return await self.write(path, content, ask.tool, id)
        case .read(let path): return self.look(path, ask.tool, id)
        case .address(let address):
            return self.intent("fetch", ["fetch"], id, ["url": .string(address)], address, "fetch \(address)")
        case .removal:
            return .refused(
                tool: "patch",
                reason:
                    "A patch that deletes or renames files can't be shown to people. Use commands for that (`git mv`, "
                    + "`git rm`, `mv`, `rm`), and patches for contents.")
        case .other(let kind):
            return .refused(
                tool: ask.tool.isEmpty ? kind : ask.tool, reason: "Jetbridge does not allow this (\(kind)).")
        }
    }

    private func command(_ command: String, _ id: String) -> Reading {
        guard command.utf8.count <= ToolLimits.commandBytes else {
            return .refused(
                tool: "shell",
                reason: "The command has \(command.utf8.count) bytes, the limit is \(ToolLimits.commandBytes). Write a "
                    + "script to a file and run that.")
        }
        guard !command.unicodeScalars.contains(where: { $0.value == 0 }) else {
            return .refused(tool: "shell", reason: "The command contains a null character.")
        }
        return self.intent(
            "shell", ["shell"], id, ["command": .string(command)], command, "shell \(command.titled())")
    }

    private func write(_ path: String, _ content: String, _ tool: String, _ id: String) async -> Reading {
        let ours = Self.tools.first { $0.own == tool }?.ours ?? ["edit", "patch", "write"]
        guard let name = Self.relative(path), !name.isEmpty else {
            return .refused(
                tool: ours[0],
                reason: "\(VisibleText.line(path)) is outside of \(Self.root), so it was not written. Use a path in "
                    + "\(Self.root), or a command for temporary files.")
        }
        let bytes = Array(content.utf8)
        let before: WorkspaceFile?
        let diff: UnifiedDiff
        do {
            before = try await self.files.find(name, limit: ToolLimits.fileBytes)
            diff = try UnifiedDiff(path: name, old: before?.bytes, new: bytes)
        } catch {
            return .refused(tool: ours[0], reason: "\(VisibleText.line(name)) was not written: \(error)")
        }
        return self.intent(
            ours[0], ours, id, ["path": .string(name), "digest": .string(WorkspaceFile.digest(of: bytes))], diff.text,
            "\(ours[0]) \(name.titled()) +\(diff.added) −\(diff.removed)",
            [ToolIntent.Precondition(path: name, digest: before?.digest)],
            [ToolIntent.Change(path: name, bytes: bytes)])
    }

    private func look(_ path: String, _ tool: String, _ id: String) -> Reading {
        let ours = tool == "view" || tool.isEmpty ? ["read"] : ["grep", "list"]
        let isTemporary = (path == "/tmp" || path.hasPrefix("/tmp/")) && !path.split(separator: "/").contains("..")
        guard Self.relative(path) != nil || isTemporary else {
            return .refused(
                tool: ours[0],
                reason: "\(VisibleText.line(path)) is outside of \(Self.root), so it was not read. What is in the jail "
                    + "besides can be read by a command.")
        }
        return self.intent(
            ours[0], ours, id, ["path": .string(path)], path, "\(tool.isEmpty ? "read" : tool) \(path.titled())")
    }

    private func intent(
        _ name: String, _ names: [String], _ id: String, _ arguments: JSON, _ subject: String, _ title: String,
        _ preconditions: [ToolIntent.Precondition] = [], _ changes: [ToolIntent.Change] = []
    ) -> Reading {
        let chosen = names.first { self.allowed.contains($0) } ?? name
        guard let tool = ToolCatalog.definition(of: chosen) else {
            return .refused(tool: name, reason: "Jetbridge has no tool \(name).")
        }
        return .intent(
            ToolIntent(
                call: CheckedCall(id: id, tool: tool, arguments: arguments), subject: subject, directory: Self.root,
                title: title, preconditions: preconditions, changes: changes))
    }

    /// Whether the files are still what they were when the question was put. A file that has become a link is not.
    func holds(_ intent: ToolIntent) async -> Bool {
        for condition in intent.preconditions {
            guard let now = try? await self.digest(of: condition.path), now == condition.digest else { return false }
        }
        return true
    }

    private func digest(of path: String) async throws -> String? {
        try await self.files.find(path, limit: ToolLimits.fileBytes)?.digest
    }

    /// The path below the workspace, as ``QuotedPath`` spells it; nil for any other path.
    static func relative(_ path: String) -> String? {
        guard path == Self.root || path.hasPrefix("\(Self.root)/") else { return nil }
        let parts = path.dropFirst(Self.root.count).split(separator: "/").filter { $0 != "." }
        guard !parts.contains(".."), !path.utf8.contains(0) else { return nil }
        return QuotedPath.text(of: Array(parts.joined(separator: "/").utf8))
    }
}
