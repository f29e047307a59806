import Chat
import JetbridgeTesting
import Primitives

@testable import Sessions

/// The network in memory, with or without editing and what else there may be; its room outlives the bot's connections.
final class FakeNetwork: ContractNetwork {
    private struct State {
        /// One for each connection; the last one is in use.
        var adapters: [FakeAdapter] = []
        var lastEvent = 0
    }

    let abilities: NetworkAbilities
    let traits: RoomTraits
    private let state = Protected(State())

    static let room = "#team"

    init(
        isEditing: Bool, features: RoomTraits.Capabilities = [], limit: Int = 400, unit: RoomTraits.TextUnit = .bytes
    ) {
        self.abilities = [.eventIDs, .backlog, .failures, .authors, .notes, .limit, isEditing ? .edits : []]
        self.traits = RoomTraits(
            capabilities: features.union(isEditing ? [.edits, .threads] : []), textLimit: limit, textUnit: unit,
            editInterval: .milliseconds(1), answerMessages: 1_000,
            uploadLimit: features.contains(.files) ? 1 << 20 : 0)
    }

    /// The connection in use.
    var adapter: FakeAdapter? { self.state.withLock { $0.adapters.last } }

    func identity(of person: String) -> String { "fake:one/\(person)" }

    func open(to people: [String]) async throws {}

    func makeAdapter() throws -> any ChatAdapter {
        let adapter = FakeAdapter(traits: self.traits)
        self.state.withLock { $0.adapters.append(adapter) }
        return adapter
    }

    func connected(to sink: ContractSink?) async throws {}

    func say(_ text: String, as person: String, _ manner: Manner) async throws {
        let number = self.state.withLock { state in
            state.lastEvent += 1
            return state.lastEvent
        }
        try await self.adapter?.say(
            text, from: person, in: Self.room, id: manner.id ?? "n\(number)", isDirect: false,
            isAddressed: manner.isAddressed, isBacklog: manner.isBacklog, sentAt: manner.sentAt,
            isBot: manner.author == .bot,
            isSelf: manner.author == .oneself)
    }

    func shown() async throws -> [Shown] {
        self.state.withLock { $0.adapters }.flatMap(\.posts).map {
            Shown(person: $0.route.addressee ?? "", text: $0.text)
        }
    }

    func forget() async throws { for adapter in self.state.withLock({ $0.adapters }) { adapter.forgetPosts() } }

    func inject(_ fault: NetworkFault) async throws {
        let lost = FakeAdapter.Fault.taken(
            AdapterError(.timedOut, "no answer", retryAfter: .milliseconds(5), isCertain: false))
        let tooFast = FakeAdapter.Fault.refused(
            AdapterError(.rateLimited, "too fast", retryAfter: .milliseconds(5)))
        switch fault {
        case .postIsLostOnTheWayBack: self.adapter?.meet([lost])
        case .editIsLostOnTheWayBack: self.adapter?.meetInEdits([lost])
        case .tooFast: self.adapter?.meet([tooFast])
        case .editTooFast: self.adapter?.meetInEdits([tooFast])
        case .away:
            let away = AdapterError(.disconnected, "no connection", retryAfter: .milliseconds(5))
            self.adapter?.meet([.refused(away), .refused(away)])
        }
    }
}
