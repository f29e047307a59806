internal import Primitives

/// Whether a turn has read text of people or places that may not give it orders. From then on it asks before it reaches
/// an address or commits, whatever the policy allows.
package final class TurnTaint: Sendable {
    package enum Source: Sendable, Hashable {
        /// Text from the network.
        case web
        /// A guest's message or file.
        case guest
        /// What an extension answered, by its name.
        case server(String)
    }

    private let state: Protected<(sources: Set<Source>, isComplete: Bool)>
    private let earlier: @Sendable () async throws -> Set<Source>

    /// - Parameter earlier: What the turn's prompt has, and what the turn had read before a restart. Called once, when
    ///   something depends on it.
    package init(
        _ sources: Set<Source> = [], earlier: @escaping @Sendable () async throws -> Set<Source> = { [] }
    ) {
        self.state = Protected((sources, false))
        self.earlier = earlier
    }

    package func add(_ source: Source) { self.state.withLock { _ = $0.sources.insert(source) } }

    /// What the turn itself has read so far.
    package var sources: Set<Source> { self.state.withLock { $0.sources } }

    /// Whether any of it is foreign. What cannot be found out counts as foreign.
    ///
    /// - Parameter server: The extension whose own answers don't count, because they only go back to it.
    package func isForeign(besides server: String? = nil) async -> Bool {
        let own = server.map { [Source.server($0)] } ?? []
        let (sources, isComplete) = self.state.withLock { $0 }
        if !sources.subtracting(own).isEmpty { return true }
        if isComplete { return false }
        guard let found = try? await self.earlier() else { return true }
        return self.state.withLock { state in
            state.sources.formUnion(found)
            state.isComplete = true
            return !state.sources.subtracting(own).isEmpty
        }
    }
}
