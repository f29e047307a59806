internal import Primitives

/// Whether a turn has read text of people or places that may not give it orders. From then on it asks before it reaches
/// an address or commits, whatever the policy allows.
package final class TurnTaint: Sendable {
    package enum Source: String, Sendable, CaseIterable {
        /// Text from the network.
        case web
        /// A guest's message or file.
        case guest
    }

    private let state: Protected<Set<Source>>

    /// - Parameter sources: What the turn had read before a restart.
    package init(_ sources: Set<Source> = []) { self.state = Protected(sources) }

    package func add(_ source: Source) { self.state.withLock { _ = $0.insert(source) } }

    package var sources: Set<Source> { self.state.withLock { $0 } }
}
