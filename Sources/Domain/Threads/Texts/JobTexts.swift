package import Chat

/// What people read about the commands of a thread.
package enum JobTexts {
    package static let none = "No command has run in this thread."

    package static func unknown(_ id: String, sign: CommandSign) -> String {
        "There is no job \(TurnTexts.code(id)) in this thread. \(sign.command("jobs")) lists them."
    }

    package static func whichJob(sign: CommandSign) -> String {
        "Name the job: \(sign.command("kill JOB")). \(sign.command("jobs")) lists them."
    }

    package static func killed(_ job: Job) -> String { "Job `\(job.id)` (\(TurnTexts.code(job.command))) was stopped." }

    /// - Parameter left: Processes that commands left running.
    package static func notRunning(_ job: Job, left: [Job], sign: CommandSign) -> String {
        let text = "Job `\(job.id)` (\(TurnTexts.code(job.command))) is not running: \(job.ending ?? "it has ended")."
        guard let first = left.first else { return text }
        let names = left.prefix(5).map { "`\($0.id)` (\(TurnTexts.code($0.command)))" }.joined(separator: ", ")
        let more = left.count > 5 ? " and \(left.count - 5) more" : ""
        return "\(text) Commands have left running: \(names)\(more). \(sign.command("kill \(first.id)")) ends one of "
            + "them, \(sign.command("stop")) ends all."
    }

    package static func list(_ jobs: [Job], now: Int64, sign: CommandSign) -> String {
        guard !jobs.isEmpty else { return Self.none }
        let lines = jobs.map { "- `\($0.id)` \(TurnTexts.code($0.command)): \(Self.state(of: $0, now: now))" }
        let isRunning = jobs.contains { $0.state == .running }
        let hint = "\(sign.command("jobs ID")) follows one, \(sign.command("kill ID")) ends it."
        return (lines + (isRunning ? ["", hint] : [])).joined(separator: "\n")
    }

    private static func state(of job: Job, now: Int64) -> String {
        guard job.state == .running else { return job.ending ?? job.state.rawValue }
        let seconds = max(0, now - job.startedAt) / 1_000
        let place = job.isLeftover ? ", left by a command" : job.isBackground ? ", in the background" : ""
        return "running for \(seconds) s\(place)"
    }

    /// The message that shows a job; `output` is Markdown.
    package static func followed(_ job: Job, _ output: String, ending: String?, sign: CommandSign) -> String {
        let head = "Job `\(job.id)`: \(TurnTexts.code(job.command))"
        let end = ending ?? "running; \(sign.command("kill \(job.id)")) ends it"
        return [head, output, end].filter { !$0.isEmpty }.joined(separator: "\n\n")
    }
}
