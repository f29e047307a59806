internal import Chat
internal import HTTP
internal import JSON
internal import Kit
internal import Logging
internal import Matrix
internal import Olm
internal import Primitives
internal import TestSupport

/// The Matrix adapter in encrypted rooms of a homeserver in memory, which costs nothing: a first message to many devices,
/// what encrypting adds to a message, and the time until a start with many keys is up.
///
/// - `directory=…`: on the disk that a host would use, because every message is stored before it is sent.
struct EncryptionBenchmark: Sendable {
    private let directory: String
    private let people: Int
    private let messages: Int
    private let keys: Int

    init(_ arguments: BenchArguments) throws {
        self.directory = try arguments.text("directory")
        self.people = arguments.number("people", default: 200)
        self.messages = arguments.number("messages", default: 500)
        self.keys = arguments.number("keys", default: 5_000)
    }

    func run() async throws {
        try await self.firstMessages()
        try await self.added()
        try await self.start()
    }

    // MARK: A first message

    private func firstMessages() async throws {
        let server = BenchHomeserver()
        let rooms = (0..<BenchRounds.count).map { "!room\($0):bench" }
        for (index, room) in rooms.enumerated() {
            // Two devices each, unknown to the bot.
            let devices = (0..<self.people * 2).map {
                BenchDevice(OlmAccount(), user: "@p\(index)-\($0 / 2):bench", name: "D\($0 % 2)")
            }
            server.add(room, with: devices)
        }
        let elapsed = Protected<[Double]>([])
        try await self.running("first", server, rooms.map { ($0, true) }) { adapter in
            for room in rooms {
                let time = try await BenchClock.milliseconds {
                    try await adapter.post(Self.message("Hello.", in: room, token: "first \(room)"))
                }
                elapsed.withLock { $0.append(time) }
            }
        }
        let times = elapsed.withLock { $0 }
        guard BenchRounds.areQuiet(("first message", times)) else { return }
        BenchOutput.result(
            "encryption", "a first message to \(self.people) people with \(self.people * 2) devices",
            ours: BenchRounds.median(times), unit: "ms")
    }

    // MARK: A message

    private func added() async throws {
        let server = BenchHomeserver()
        server.add(Self.sealed, with: [BenchDevice(OlmAccount(), user: "@alice:bench", name: "D0")])
        server.add(Self.plain, with: [])
        let elapsed = Protected<(sealed: [Double], plain: [Double])>(([], []))
        let text = String(repeating: "words ", count: 333)
        try await self.running("added", server, [(Self.sealed, true), (Self.plain, false)]) { adapter in
            for number in 0..<self.messages {
                let plain = try await BenchClock.milliseconds {
                    try await adapter.post(Self.message(text, in: Self.plain, token: "p\(number)"))
                }
                let sealed = try await BenchClock.milliseconds {
                    try await adapter.post(Self.message(text, in: Self.sealed, token: "s\(number)"))
                }
                elapsed.withLock {
                    $0.sealed.append(sealed)
                    $0.plain.append(plain)
                }
            }
        }
        let times = elapsed.withLock { $0 }
        guard BenchRounds.areQuiet(("encrypted", times.sealed)) else { return }
        let added = BenchRounds.median(times.sealed) - BenchRounds.median(times.plain)
        BenchOutput.result("encryption", "what a message of 2 kB takes longer, p50", ours: added, unit: "ms")
    }

    // MARK: A start

    private func start() async throws {
        let server = BenchHomeserver()
        let account = OlmAccount()
        let alice = BenchDevice(account, user: "@alice:bench", name: "D0")
        server.add(Self.sealed, with: [alice])
        let bytes = Protected<[UInt8]?>(nil)
        let memory = MemoryStore(
            load: { bytes.withLock { $0 } },
            save: { new in
                bytes.withLock { $0 = new }
                return true
            })
        try await self.running("start", server, [(Self.sealed, true)], memory) { _ in }
        let syncs = try self.roomKeys(from: account, alice, to: server)
        try await self.running("start", server, [], memory) { _ in
            for sync in syncs { server.sync(sync) }
            await server.handled("k\(syncs.count - 1)")
        }
        var times: [Double] = []
        for _ in 0..<BenchRounds.count * 5 {
            let begin = BenchClock.microseconds()
            let up = Protected(begin)
            try await self.running("start", server, [], memory) { _ in up.withLock { $0 = BenchClock.microseconds() } }
            times.append(Double(up.withLock { $0 } - begin) / 1_000)
        }
        guard BenchRounds.areQuiet(("start", times)) else { return }
        BenchOutput.result(
            "encryption", "a start with \(self.keys) room keys, until it is up", ours: BenchRounds.median(times),
            unit: "ms")
    }

    /// Syncs that bring the bot a hundred room keys each.
    private func roomKeys(from account: OlmAccount, _ device: BenchDevice, to server: BenchHomeserver) throws -> [JSON]
    {
        let bot = server.claim()
        let channel = try account.outboundSession(to: bot.curve25519, oneTimeKey: bot.oneTimeKey)
        var messages: [JSON] = []
        for _ in 0..<self.keys {
            let session = MegolmOutboundSession()
            let payload: JSON = [
                "type": "m.room_key", "sender": .string(device.user), "keys": ["ed25519": .string(account.ed25519)],
                "recipient": .string(BenchHomeserver.bot), "recipient_keys": ["ed25519": .string(bot.ed25519)],
                "content": [
                    "algorithm": "m.megolm.v1.aes-sha2", "room_id": .string(Self.sealed),
                    "session_id": .string(session.id), "session_key": .string(session.sessionKey),
                ],
            ]
            let message = channel.encrypt(payload.bytes)
            messages.append([
                "type": "m.room.encrypted", "sender": .string(device.user),
                "content": [
                    "algorithm": "m.olm.v1.curve25519-aes-sha2", "sender_key": .string(account.curve25519),
                    "ciphertext": .object([
                        bot.curve25519: ["type": JSON(message.kind.rawValue), "body": .string(message.body)]
                    ]),
                ],
            ])
        }
        return stride(from: 0, to: messages.count, by: 100).enumerated().map { number, start in
            [
                "next_batch": .string("k\(number)"),
                "to_device": ["events": .array(Array(messages[start..<min(start + 100, messages.count)]))],
            ]
        }
    }

    // MARK: The bot

    private static let sealed = "!sealed:bench"
    private static let plain = "!plain:bench"

    /// Runs the bot in rooms; with a memory and without rooms it continues.
    private func running(
        _ name: String, _ server: BenchHomeserver, _ rooms: [(id: String, isEncrypted: Bool)],
        _ memory: MemoryStore = .none, _ body: @escaping @Sendable (MatrixAdapter) async throws -> Void
    ) async throws {
        let settings = MatrixSettings(
            id: "bench", homeserver: try HTTPURL("http://bench.invalid"), user: BenchHomeserver.bot,
            credential: .accessToken(Secret("token")))
        let adapter = MatrixAdapter(
            settings, memory: memory,
            keys: MatrixKeyFiles(database: "\(self.directory)/\(name).keys", key: "\(self.directory)/\(name).key"),
            transport: server, logger: .silent)
        server.open()
        var joined = JSONObject()
        for room in rooms {
            var state = [BenchHomeserver.member(BenchHomeserver.bot)]
            if room.isEncrypted { state.append(Self.encryption) }
            joined[room.id] = ["state": ["events": .array(state)], "timeline": ["events": []]]
        }
        server.sync(["next_batch": "s", "rooms": ["join": .object(joined)]])
        let sink = RecordingSink()
        try await withRunning(adapter, sink) {
            await sink.wait(for: .up)
            try await body(adapter)
        }
    }

    private static let encryption: JSON = [
        "type": "m.room.encryption", "sender": "@alice:bench", "state_key": "", "event_id": "$encryption",
        "content": ["algorithm": "m.megolm.v1.aes-sha2"],
    ]

    private static func message(_ text: String, in room: String, token: String) -> OutgoingMessage {
        let id = RoomID(adapter: AdapterID("matrix:bench"), name: room)
        return OutgoingMessage(text: text, route: Route(room: id), token: token)
    }
}
