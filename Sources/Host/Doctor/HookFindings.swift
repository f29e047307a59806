internal import Database
internal import Gateway
internal import HTTP
internal import Primitives
internal import Store

/// The doctor's checks of the addresses that hear of changes.
enum HookFindings {
    static func examine(_ configuration: Configuration) async -> [Finding] {
        guard !configuration.hooks.isEmpty else { return [] }
        do {
            let database = try Stores.open(configuration)
            let summaries = try await SessionStore(database: database).read { ledger in
                try configuration.hooks.map { try ledger.webhookSummary(of: $0.name) }
            }
            await database.close()
            return zip(configuration.hooks, summaries).map(Self.finding)
        } catch {
            // The store's own finding says why.
            return []
        }
    }

    static func finding(_ hook: Webhook, _ summary: WebhookSummary) -> Finding {
        let (subject, again) = ("hook \(hook.name)", "run 'jetbridge hooks test \(hook.name)' once it is mended")
        if let last = summary.last, let error = last.error {
            let time = CivilTime(milliseconds: last.triedAt ?? 0).rfc3339Seconds
            return Finding(
                subject, .failed, "\(hook.url.origin) failed at \(time): \(error); \(summary.waiting) waiting; \(again)"
            )
        }
        if summary.givenUp > 0 {
            return Finding(
                subject, .warning,
                "\(summary.givenUp) deliveries were given up; 'jetbridge hooks deliveries \(hook.name)' shows them")
        }
        guard hook.url.isSecure || hook.url.isLoopback else {
            return Finding(
                subject, .warning,
                "what goes to \(hook.url.origin) can be read on the way: use https://, or a tunnel")
        }
        return Finding(
            subject, .ok,
            summary.last == nil ? "nothing was sent to \(hook.url.origin) yet" : "\(hook.url.origin) takes deliveries")
    }
}
