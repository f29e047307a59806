import Chat
import Primitives
import TestSupport

/// The fake network, which also finds messages by their token.
final class FindingAdapter: EditingAdapter, ReconcilingAdapter {
    private let network: FakeAdapter
    let recognisesRepeats: Bool
    private let state: Protected<(failures: [AdapterError], searches: Int)>

    /// Each of the first searches fails with one of `failures`.
    init(_ network: FakeAdapter, failures: [AdapterError] = [], recognisesRepeats: Bool = false) {
        self.network = network
        self.recognisesRepeats = recognisesRepeats
        self.state = Protected((failures, 0))
    }

    var searches: Int { self.state.withLock { $0.searches } }

    var id: AdapterID { self.network.id }
    var renderer: any MessageRenderer { self.network.renderer }
    var status: AdapterStatus { self.network.status }
    func run(delivering sink: any MessageSink) async throws { try await self.network.run(delivering: sink) }
    func stop() async { await self.network.stop() }
    func traits(of room: RoomID) -> RoomTraits { self.network.traits(of: room) }

    func post(_ message: OutgoingMessage) async throws -> MessageReference { try await self.network.post(message) }

    func replace(_ reference: MessageReference, with message: OutgoingMessage) async throws {
        try await self.network.replace(reference, with: message)
    }

    func find(token: String, isFile: Bool, in route: Route) async throws -> MessageReference? {
        let failure = self.state.withLock { state -> AdapterError? in
            state.searches += 1
            return state.failures.isEmpty ? nil : state.failures.removeFirst()
        }
        if let failure { throw failure }
        return self.network.posts.first { $0.token == token }.map { MessageReference(room: route.room, id: $0.id) }
    }
}
