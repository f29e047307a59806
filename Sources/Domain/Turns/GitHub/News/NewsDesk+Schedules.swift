internal import GitHub
internal import Schedules
internal import Store

/// What people have scheduled at pushes and failed workflows (`on push`, `on failure`).
extension NewsDesk {
    /// Makes due what waits for one of these events, in the transaction that tells threads of them. Returns whether
    /// something does.
    func runSchedules(at events: [NewsEvent], in ledger: Ledger, at now: Int64) throws -> Bool {
        var isDue = false
        for event in events {
            guard let (kind, subject, text) = try Self.trigger(event, in: ledger) else { continue }
            let isNew = try ledger.happened(
                kind, subject, in: self.names(of: event.repository), key: event.key, text: text, at: now)
            if isNew { isDue = true }
        }
        return isDue
    }

    /// What an event is to schedules; nil for nothing. A push from here is none, else a schedule that pushes would run without
    /// end; nor is a workflow of a fork, which anybody can let fail.
    private static func trigger(
        _ event: NewsEvent, in ledger: Ledger
    ) throws -> (kind: ScheduleRule.Event.Kind, subject: String, text: String)? {
        guard let branch = event.branch else { return nil }
        switch event.kind {
        case .push:
            guard event.state != "deleted", let sha = event.sha, try !ledger.isOwnCommit(sha) else { return nil }
            return (.push, branch, "push to \(branch), which is at \(sha.prefix(7)) now")
        case .workflow:
            guard event.isFailure, let name = event.name else { return nil }
            let page = event.url.map { ", see \($0)" } ?? ""
            return (.failure, name, "\(name) failed on \(branch)\(page)")
        case .review, .lineComment, .comment, .check, .pull: return nil
        }
    }
}
