package import Chat
package import Git
package import Jail

/// What a command led to, for whoever ran it.
package struct CommandReport: Sendable {
    package let ending: CommandEnding
    /// Commits that it made, which the repository has now. Those of a model's command wait for a decision.
    package let commits: [CommitNotice]
    /// Files that it changed, of very many only a part; nil if that is unknown.
    package let changes: [WorkspaceChange]?
    /// What failed or was left out after the command, each a line.
    package let notices: [String]
}

/// What people and records read about the end of a command. Pure.
package struct CommandEnding: Sendable, Equatable {
    /// The status of the exit line: the command's own, or the one that shells give to such an end.
    package let status: Int
    /// Why it ended, if not by itself; a sentence.
    package let note: String?
    /// For metrics and the audit: `exited`, `signalled`, `stopped`, `timeout`, `output`, `limit`, `shell_ended`, `lost`.
    package let result: String
    package let duration: Duration

    /// - Parameter remark: What else people should know; a sentence.
    package init(_ exit: ShellExit, limits: WorkbenchSettings, remark: String? = nil) {
        let (status, note, result) = Self.reading(exit.status, limits)
        self.status = status
        self.result = result
        self.duration = exit.duration
        let renewed = exit.isShellFresh ? WorkbenchTexts.renewedShell : nil
        let fresh = exit.isShellLost ? WorkbenchTexts.freshShell : nil
        // With the reason for the end, there is nothing to add.
        let restricted = note == nil ? exit.restriction.map { WorkbenchTexts.restricted($0) } : nil
        let sentences = [renewed, note, restricted, fresh, remark].compactMap { $0 }
        self.note = sentences.isEmpty ? nil : sentences.joined(separator: " ")
    }

    /// `exit 0 · 1.2 s`
    package var line: String { "exit \(self.status) · \(Self.seconds(self.duration)) s" }

    /// The status that shells give to a program killed by SIGKILL.
    private static let killed = 137

    private static func reading(
        _ status: ShellExit.Status, _ limits: WorkbenchSettings
    ) -> (status: Int, note: String?, result: String) {
        switch status {
        case .exited(let status): (status, nil, "exited")
        case .signalled(let signal): (128 + signal, "Ended by signal \(signal).", "signalled")
        // As after Ctrl-C in a shell.
        case .stopped: (130, "Stopped.", "stopped")
        // As timeout(1) says it.
        case .timedOut: (124, WorkbenchTexts.timedOut(after: limits.timeout), "timeout")
        case .outputLimit: (Self.killed, WorkbenchTexts.outputLimit(limits.outputLimit), "output")
        case .limit(let name): (Self.killed, WorkbenchTexts.limit(name), "limit")
        case .disk(let excess): (Self.killed, WorkbenchTexts.stopped(excess), "limit")
        case .shellEnded(let status): (status ?? Self.killed, "The command ended the shell itself.", "shell_ended")
        case .lost(let reason): (Self.killed, "The jail ended: \(reason).", "lost")
        }
    }

    private static func seconds(_ duration: Duration) -> String {
        let tenths = Int((max(.zero, duration) / .milliseconds(100)).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
