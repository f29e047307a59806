internal import Primitives

/// Rereads the configuration for a running host and tells which changes take effect.
package final class ConfigurationReload: Sendable {
    /// What a reload did, for the log.
    package struct Outcome: Sendable, Equatable, CustomStringConvertible {
        /// The changed keys that take effect at once.
        package let applied: [String]
        /// The keys that differ from those the host was started with and take effect at its next start.
        package let pending: [String]

        package var description: String {
            let applied =
                self.applied.isEmpty ? "nothing to apply at once" : "applied \(self.applied.joined(separator: ", "))"
            guard !self.pending.isEmpty else {
                return self.applied.isEmpty ? "the configuration has not changed" : applied
            }
            return "\(applied); not applied until the next start: \(self.pending.joined(separator: ", "))"
        }
    }

    private let started: ConfigurationContent
    private let current: Protected<ConfigurationContent>
    private let load: @Sendable () -> LoadedConfiguration

    /// - Parameter started: The configuration that the host was started with.
    package init(since started: LoadedConfiguration, load: @escaping @Sendable () -> LoadedConfiguration) {
        self.started = started.content
        self.current = Protected(started.content)
        self.load = load
    }

    /// Loads the configuration. Without errors, the next outcome is relative to it.
    package func next() -> (loaded: LoadedConfiguration, outcome: Outcome) {
        let loaded = self.load()
        guard loaded.configuration != nil else { return (loaded, Outcome(applied: [], pending: [])) }
        let previous = self.current.withLock { current in
            defer { current = loaded.content }
            return current
        }
        return (
            loaded,
            Outcome(
                applied: loaded.content.changes(from: previous).filter(Self.takesEffect),
                pending: loaded.content.changes(from: self.started).filter { !Self.takesEffect($0) })
        )
    }

    private static func takesEffect(_ path: String) -> Bool {
        let sections = ["log", "access", "policy", "agent", "personas", "extensions"]
        return sections.contains { path == $0 || path.hasPrefix("\($0).") || path.hasPrefix("\($0)[") }
            || ["approvals.commands", "approvals.writes", "approvals.network"].contains(path)
    }
}
