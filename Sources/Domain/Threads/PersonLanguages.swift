internal import Chat
internal import Primitives
package import Store
package import Words

/// In which language somebody reads the bot's notes: their own choice, else what their network says, else the host's.
package final class PersonLanguages: Sendable {
    private struct State {
        /// What the networks said, by identity.
        var heard: [String: Language] = [:]
        /// What is stored, and until when that counts: another host may change it.
        var chosen: [String: (language: Language?, until: ContinuousClock.Instant)] = [:]
    }

    /// Of each of the two; more people are asked for anew.
    private static let limit = 10_000
    private static let lifetime = Duration.seconds(60)

    private let state = Protected(State())

    package init() {}

    /// - Parameter locale: what the network says, such as `de-AT`; nil for nothing.
    package func hear(_ locale: String?, from person: String) {
        guard let language = locale.flatMap({ Language(locale: $0) }) else { return }
        self.state.withLock { state in
            if state.heard.count >= Self.limit { state.heard = [:] }
            state.heard[person] = language
        }
    }

    /// They have chosen another one.
    package func forgetChoices() { self.state.withLock { $0.chosen = [:] } }

    package func language(of person: String, in ledger: Ledger) throws -> Language? {
        try ledger.preferences(of: person).language ?? self.state.withLock { $0.heard[person] }
    }

    func language(of person: String, in store: SessionStore) async -> Language? {
        let now = ContinuousClock.now
        let (heard, known) = self.state.withLock { ($0.heard[person], $0.chosen[person]) }
        if let known, known.until > now { return known.language ?? heard }
        // Without the store, the notes are the last thing that fails.
        let read = try? await store.read { ledger in try ledger.preferences(of: person).language }
        self.state.withLock { state in
            if state.chosen.count >= Self.limit { state.chosen = [:] }
            state.chosen[person] = (read ?? nil, now + Self.lifetime)
        }
        return read.flatMap { $0 } ?? heard
    }
}

extension BridgeEnvironment {
    /// Runs `body`, whose notes somebody reads, in their language.
    package func speaking<Value>(
        to person: String, in store: SessionStore, _ body: () async throws -> Value
    ) async rethrows -> Value {
        let language = await self.languages.language(of: person, in: store) ?? self.settings.language
        return try await Language.$current.withValue(language) { try await body() }
    }

    /// The same within a transaction.
    package func speaking<Value>(to person: String, in ledger: Ledger, _ body: () throws -> Value) throws -> Value {
        let language = try self.languages.language(of: person, in: ledger) ?? self.settings.language
        return try Language.$current.withValue(language) { try body() }
    }
}
