internal import HTTP
internal import JSON
internal import Matrix
internal import Olm
internal import Primitives

/// A homeserver in memory, which answers at once, with one bot.
final class BenchHomeserver: MatrixTransport {
    static let bot = "@bot:bench"
    static let botDevice = "BOT"

    private struct State {
        var devices: [String: [BenchDevice]] = [:]
        var members: [String: [String]] = [:]
        /// What the bot uploaded.
        var botKeys: JSON = .null
        var oneTimeKeys: JSONObject = [:]
        var events = 0
        /// The answers to syncs, and the positions that were asked from.
        var syncs = AsyncStream<JSON>.makeStream()
        var positions = AsyncStream<String>.makeStream()
    }

    private let state = Protected(State())

    /// Before each run of the bot: the end of one ends its streams.
    func open() {
        self.state.withLock { state in
            state.syncs = AsyncStream.makeStream()
            state.positions = AsyncStream.makeStream()
        }
    }

    /// A room with the devices' owners; it is encrypted if there are any.
    func add(_ room: String, with devices: [BenchDevice]) {
        self.state.withLock { state in
            for device in devices { state.devices[device.user, default: []].append(device) }
            state.members[room] = Set(devices.map(\.user)).sorted() + [Self.bot]
        }
    }

    /// The answer to the next sync.
    func sync(_ json: JSON) { _ = self.state.withLock { $0.syncs.continuation }.yield(json) }

    /// Waits until the bot has handled everything before a position.
    func handled(_ position: String) async {
        for await next in self.state.withLock({ $0.positions.stream }) where next == position { return }
    }

    /// The bot's keys, and one-time keys that nobody else gets.
    func claim() -> (curve25519: String, ed25519: String, oneTimeKey: String) {
        self.state.withLock { state in
            let keys = state.botKeys["keys"]
            let id = state.oneTimeKeys.keys.first ?? ""
            let key = state.oneTimeKeys[id]?["key"]?.stringValue ?? ""
            state.oneTimeKeys[id] = nil
            return (
                keys?["curve25519:\(Self.botDevice)"]?.stringValue ?? "",
                keys?["ed25519:\(Self.botDevice)"]?.stringValue ?? "", key
            )
        }
    }

    func use(_ homeserver: HTTPURL) {}

    func clockAhead() async -> Int? { nil }

    func send(_ request: MatrixRequest, token: Secret?) async throws -> MatrixAnswer {
        switch request.purpose {
        case .versions: return .success(["versions": ["v1.11"]])
        case .whoAmI: return .success(["user_id": .string(Self.bot), "device_id": .string(Self.botDevice)])
        case .sync(let since):
            let (syncs, positions) = self.state.withLock { ($0.syncs.stream, $0.positions.continuation) }
            positions.yield(since ?? "")
            for await json in syncs { return .success(json) }
            throw CancellationError()
        default: return self.state.withLock { Self.answer(request, &$0) }
        }
    }

    private static func answer(_ request: MatrixRequest, _ state: inout State) -> MatrixAnswer {
        let body = request.body ?? [:]
        switch request.path.last {
        case "query":
            var users = JSONObject()
            for user in (body["device_keys"]?.objectValue ?? [:]).keys {
                let devices = (state.devices[user] ?? []).map { ($0.name, $0.keys) }
                users[user] = .object(JSONObject(dictionary: Dictionary(devices) { first, _ in first }))
            }
            if !state.botKeys.isNull { users[Self.bot] = [Self.botDevice: state.botKeys] }
            return .success(["device_keys": .object(users), "failures": [:]])
        case "claim":
            var users = JSONObject()
            for (user, names) in body["one_time_keys"]?.objectValue ?? [:] {
                let devices = (state.devices[user] ?? []).filter { names[$0.name] != nil }
                users[user] = .object(
                    JSONObject(dictionary: Dictionary(devices.map { ($0.name, $0.oneTimeKey) }) { first, _ in first }))
            }
            return .success(["one_time_keys": .object(users), "failures": [:]])
        case "upload" where request.path.contains("keys"):
            if let keys = body["device_keys"] { state.botKeys = keys }
            for (id, key) in body["one_time_keys"]?.objectValue ?? [:] { state.oneTimeKeys[id] = key }
            return .success(["one_time_key_counts": ["signed_curve25519": 50]])
        case "members":
            let room = state.members.keys.first { request.path.contains($0) } ?? ""
            return .success(["chunk": .array((state.members[room] ?? []).map { Self.member($0) })])
        case _ where request.path.contains("m.room.encryption"):
            return .success(["algorithm": "m.megolm.v1.aes-sha2"])
        case _ where request.path.contains("account_data") && request.method == .get,
            _ where request.path.contains("state"):
            return .refused(MatrixRefusal(status: 404, body: ["errcode": "M_NOT_FOUND"], header: nil))
        case _ where request.purpose == .send:
            state.events += 1
            return .success(["event_id": .string("$own\(state.events)")])
        default: return .success([:])
        }
    }

    static func member(_ user: String) -> JSON {
        [
            "type": "m.room.member", "sender": .string(user), "state_key": .string(user),
            "event_id": .string("$\(user)"),
            "content": ["membership": "join"],
        ]
    }

    func upload(_ bytes: [UInt8], name: String, mediaType: String, token: Secret?) async throws -> MatrixAnswer {
        .refused(MatrixRefusal(status: 404, body: nil, header: nil))
    }

    func download(
        server: String, id: String, token: Secret?, to write: @escaping @Sendable ([UInt8]) async throws -> Void
    ) async throws -> MatrixAnswer? {
        .refused(MatrixRefusal(status: 404, body: nil, header: nil))
    }
}

/// A person's device: its keys as a homeserver shows them.
struct BenchDevice: Sendable {
    let user: String
    let name: String
    let keys: JSON
    /// A one-time key, by its id, as an answer to a claim has it.
    let oneTimeKey: JSON

    init(_ account: OlmAccount, user: String, name: String) {
        self.user = user
        self.name = name
        let signed = { (object: JSONObject) in
            MatrixSigned.signing(.object(object), user: user, keyID: "ed25519:\(name)") { account.sign($0) }
        }
        self.keys = signed([
            "user_id": .string(user), "device_id": .string(name),
            "algorithms": ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"],
            "keys": [
                "curve25519:\(name)": .string(account.curve25519), "ed25519:\(name)": .string(account.ed25519),
            ],
        ])
        account.makeOneTimeKeys(1)
        self.oneTimeKey = .object(
            JSONObject(
                dictionary: Dictionary(
                    account.unpublishedOneTimeKeys.map {
                        ("signed_curve25519:\($0.id)", signed(["key": .string($0.key)]))
                    }, uniquingKeysWith: { first, _ in first })))
    }
}
