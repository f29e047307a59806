internal import Jail
internal import Primitives

/// What people read about commands and workspaces. Commands are named without a sign, as code: `` `run` ``.
enum WorkbenchTexts {
    /// Where a fresh shell begins.
    static let root = "/workspace"
    static let unknownEnding = "ended"

    // MARK: Refusals

    static let noCommand = "There is no command. Write it behind the word: `run COMMAND`."
    static let noBackgroundCommand = "There is no command before the `&`."
    static let guest = "Guests may not run commands. An owner can give you the role of a member."
    static let deniedByPolicy =
        "Commands are denied here by `approvals.commands: deny`. An owner can change the configuration."

    static func denied(byRule rule: String) -> String {
        "The command was not run: the policy's rule `\(rule)` denies it. `policy explain COMMAND` shows what is allowed."
    }

    static func noJail(_ reason: String) -> String { "Commands cannot run: \(reason)" }

    static func denied(by person: String, reason: String?) -> String {
        "The command was not run: denied by \(person)\(reason.map { ": \($0)" } ?? ".")"
    }

    static let expired = "The command was not run: nobody approved it in time. Ask again."

    static func notRecorded(_ error: String) -> String {
        "The command was not run: it cannot be recorded (\(error)). Free space on the host's disk, then try again."
    }

    static let stopping = "The command was not run: the host is stopping. Try again when it is back."

    static func tooManyJobs(_ count: Int) -> String {
        "\(count) jobs are running here, which is the limit. End one with `kill JOB`."
    }

    // MARK: The end of a command

    static let freshShell = "The next command gets a fresh shell: directory and variables are reset."

    static let renewedShell =
        "The jail had ended since the last command. This one got a fresh shell: directory and variables were reset."

    static func timedOut(after limit: Duration) -> String {
        "Stopped after \(limit.components.seconds) s, which is the limit of `jail.timeout`. A long command can run as a "
            + "job: end it with ` &`."
    }

    static func outputLimit(_ bytes: Int) -> String {
        "Stopped: it wrote more than \(bytes >> 10) KiB, the limit of `jail.output`. Write to a file instead."
    }

    static func limit(_ name: String) -> String {
        "Stopped: the jail is over its limit of \(name)."
    }

    static func stopped(_ excess: DiskExcess) -> String { "Stopped: \(excess.reason)." }

    static func restricted(_ excess: DiskExcess) -> String {
        "Commands can only delete now: \(excess.reason)."
    }

    static func endIsNotRecorded(_ error: String) -> String {
        "The command ran, but its end could not be recorded: \(error)"
    }

    static func waiting(because reason: String) -> String { "The command waits for a free jail: \(reason)." }

    static func changesAreUnknown(_ error: String) -> String {
        "What the command changed could not be determined: \(error)"
    }

    static let noSnapshot =
        "The host's disk is almost full, so the files were not recorded before the command: `undo` cannot take back what "
        + "it changed."

    static func changesAreMany(_ count: Int, listed: Int) -> String {
        "The command changed \(count) files. The names of \(listed) of them are recorded; `undo` reverts all."
    }

    static func tooDeep(_ path: String, because reason: String) -> String {
        "Snapshots leave out what is in the folder `\(Self.plain(path))`: \(reason). `undo` removes it with what the "
            + "command made, or delete the folders."
    }

    static func commitsAreNotTaken(_ error: String) -> String {
        "The commits made in the jail were not taken over: \(error)"
    }

    // MARK: Jobs

    static func jobStarted(_ id: String) -> String {
        "Job `\(id)` runs in the background. `jobs \(id)` follows it, `kill \(id)` ends it."
    }

    static func jobEnded(_ id: String, note: String?, line: String) -> String {
        let first = "Job `\(id)` has ended.\(note.map { " \($0)" } ?? "") `jobs \(id)` shows its output."
        return "\(first)\n\n\(line)"
    }

    static func noOutput(of process: String) -> String {
        "A process that a command left running: its output is not kept. `kill \(process)` ends it."
    }

    // MARK: Files

    static func noFreeName(_ name: String) -> String { "the workspace has too many files named `\(name)`" }

    static func snapshotReason(_ command: String) -> String {
        let line = command.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        return "before \(line.prefix(60))"
    }

    static func snapshotTaken(_ id: String) -> String {
        "Snapshot `\(id)`: the files as they are now. `undo \(id)` restores them."
    }

    static func restoreReason(_ id: String) -> String { "before restoring \(id)" }

    static func commitIsNotRecorded(_ error: String) -> String { "The commit could not be recorded: \(error)" }

    static func nothingDone(_ error: String) -> String {
        "Nothing was done, because it cannot be recorded (\(error)). Free space on the host's disk, then try again."
    }

    static let nothingToUndo = "No command has changed files that `undo` could revert. `snapshot` records their state."

    /// The request or command is quoted, not shown as code: if it begins with the name of one of the bot's commands, the
    /// network's sign would be put before it.
    static func undone(_ command: String, record: String) -> String {
        "The files are as they were before “\(EscapedText.markdown(Self.plain(command)))”. "
            + "`undo \(record)` brings the changes back."
    }

    static func restored(_ id: String, record: String) -> String {
        "The files are as in snapshot `\(id)`. `undo \(record)` brings back what was there before."
    }

    /// Follows another sentence. Empty without files.
    static func changedByOthers(_ paths: [String]) -> String {
        guard !paths.isEmpty else { return "" }
        let names = paths.listed { "`\(Self.plain($0))`" }
        return "\n\nSince then, others have changed \(names) on the branch. A commit would take that back: look "
            + "at `diff` first."
    }

    static func mayBeJob(_ jobs: [String]) -> String {
        "Either the command wants this, or a job that runs beside it: \(jobs.joined(separator: ", "))"
    }

    static let nothingChanged = "Nothing differs from the branch's last commit."
    static let noFiles = "The workspace is empty."
    static let nothingToCommit = "There is nothing to commit."
    static let defaultMessage = "Change files in a session"

    /// Text as code in Markdown.
    static func plain(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        return line.prefix(60).replacing("`", with: "'") + (line.count > 60 || line.count < text.count ? "…" : "")
    }
}

extension Array {
    /// The first five, and how many more there are: all may be many thousands.
    func listed(_ name: (Element) -> String) -> String {
        self.prefix(5).map(name).joined(separator: ", ") + (self.count > 5 ? " and \(self.count - 5) more" : "")
    }
}
