import Chat
import Gateway
import Primitives
import Store

@testable import Sessions
@testable import Threads

/// The web chat: each person has a thread, which is a separate room, and reads its transcript.
final class WebNetwork: ContractNetwork {
    private struct State {
        var bridge: Bridge?
        var people: [String] = []
        var lastEvent = 0
        /// Messages up to this one are forgotten.
        var base: Int64 = 0
        var isDoubling = false
        /// Messages held by a fault; nil when events are not held.
        var held: [InboundEvent]?
    }

    let abilities: NetworkAbilities = [.eventIDs]
    private let state = Protected(State())

    func identity(of person: String) -> String { "web:\(person)" }

    func open(to people: [String]) async throws { self.state.withLock { $0.people = people } }

    func makeAdapter() throws -> any ChatAdapter { WebAdapter(now: { ContractBench.now }) }

    func connected(to sink: ContractSink?) async throws { self.state.withLock { $0.bridge = sink?.bridge } }

    @discardableResult
    func say(_ text: String, as person: String, _ manner: Manner) async throws -> String {
        let (bridge, number) = self.state.withLock { state in
            state.lastEvent += 1
            return (state.bridge, state.lastEvent)
        }
        let identity = Identity(self.identity(of: person))
        let message = InboundMessage(
            thread: ThreadKey(adapter: WebAdapter.adapterID, value: person),
            route: Route(room: RoomID(adapter: WebAdapter.adapterID, name: person)),
            sender: Sender(id: identity.value, identities: [identity], displayName: person), text: text,
            sentAt: manner.sentAt, isDirect: true, isAddressed: true)
        let event = InboundEvent(
            id: manner.id ?? "n\(number)", adapter: WebAdapter.adapterID, kind: .message(message))
        let times = self.state.withLock { state in
            state.held?.append(event)
            return state.held != nil ? 0 : state.isDoubling ? 2 : 1
        }
        for _ in 0..<times { try await bridge?.deliver(event) }
        return ""
    }

    /// Everyone is alone with the bot here.
    func chatter(_ count: Int) async throws {}

    func shown() async throws -> [Shown] { try await self.messages().map(\.shown) }

    func forget() async throws {
        let last = try await self.messages().last?.id
        self.state.withLock { $0.base = last ?? $0.base }
    }

    private func messages() async throws -> [(id: Int64, shown: Shown)] {
        let (bridge, people, base) = self.state.withLock { ($0.bridge, $0.people, $0.base) }
        guard let bridge else { return [] }
        return try await bridge.store.read { ledger in
            var found: [(id: Int64, shown: Shown)] = []
            for person in people {
                let key = ThreadKey(adapter: WebAdapter.adapterID, value: person)
                guard let session = try ledger.session(for: key) else { continue }
                let messages = try ledger.messages(of: session.id, after: String(base), limit: 10_000).items
                found += messages.filter { [.assistant, .note, .commit].contains($0.role) }
                    .map { ($0.id, Shown(person: person, text: $0.text)) }
            }
            return found.sorted { $0.id < $1.id }
        }
    }

    /// Posting is only a notification here, so faults of it change nothing.
    func inject(_ fault: NetworkFault) async throws {
        self.state.withLock { state in
            switch fault {
            case .eventsTwice: state.isDoubling = true
            case .eventsHeld: state.held = []
            default: break
            }
        }
    }

    func mend() async throws {
        let (bridge, held) = self.state.withLock { state in
            state.isDoubling = false
            return (state.bridge, state.held.take() ?? [])
        }
        for event in held.reversed() { try await bridge?.deliver(event) }
    }
}
