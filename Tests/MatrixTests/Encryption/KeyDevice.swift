import JSON
import Kit
import Logging
import Olm
import Primitives

@testable import Matrix

/// One device of a person or of the bot on a ``KeyServer``, with keys of its own.
struct KeyDevice {
    let user: String
    let name: String
    let server: KeyServer
    let encryption: MatrixEncryption
    /// Its keys, also for another run.
    let keys: TestKeys

    /// - Parameters:
    ///   - keys: of an earlier run; nil for new ones.
    ///   - place: where the keys are, if not there.
    ///   - clock: its time, in milliseconds since 1970.
    ///   - mayTalk: whether it listens to a user in a room.
    ///   - dying: the number of requests after which it is killed; the last one reaches the server if `afterwards`.
    init(
        _ user: String, _ name: String, on server: KeyServer, keys: TestKeys? = nil, place: (any MatrixKeyPlace)? = nil,
        settings: MatrixEncryptionSettings = MatrixEncryptionSettings(), dying: Protected<Int>? = nil,
        afterwards: Bool = false, mayTalk: @escaping @Sendable (String, String) async -> Bool = { _, _ in true },
        clock: @escaping @Sendable () -> Int64 = { AdapterTime.now.wall }
    ) async throws {
        self.user = user
        self.name = name
        self.server = server
        let keys = try keys ?? TestKeys()
        self.keys = keys
        self.encryption = MatrixEncryption(
            user: user, settings: settings, store: try await (place ?? keys.place).open(),
            call: Self.call(server.call(user, name), dying, afterwards), logger: Logger(label: "keys"),
            mayTalk: mayTalk,
            clock: clock)
    }

    private static func call(
        _ call: @escaping MatrixEncryption.Call, _ dying: Protected<Int>?, _ afterwards: Bool
    ) -> MatrixEncryption.Call {
        guard let dying else { return call }
        return { request in
            let left = dying.withLock { left in
                left -= 1
                return left
            }
            if left > 0 { return try await call(request) }
            if left == 0, afterwards { _ = try await call(request) }
            throw KeyDeviceKilled()
        }
    }

    /// Opens the keys and publishes them.
    @discardableResult func open() async throws -> MatrixEncryption.Opening {
        let opening = try await self.encryption.open(device: self.name)
        if opening == .ready { try await self.encryption.publish() }
        return opening
    }

    /// A copy of its keys as they are now, as after a power cut.
    func copy() async throws -> TestKeys { try await self.keys.copy() }

    /// Ends it as kill -9 does; its keys as they are then.
    func kill() async throws -> TestKeys {
        let keys = try await self.copy()
        await self.encryption.close()
        return keys
    }

    /// Runs the errands that wait.
    func runErrands() async {
        let last = MatrixErrand.request(room: "", session: "", user: "")
        await self.encryption.begin(last)
        for await errand in await self.encryption.errands.stream {
            if errand == last { return }
            if case .expireVerifications = errand { continue }
            await self.encryption.run(errand)
        }
    }

    /// An encrypted event of this device.
    func say(_ text: String, in room: String, id: String, transaction: String? = nil) async throws -> MatrixEvent {
        let sealed = try await self.encryption.seal(
            room: room, type: "m.room.message", content: ["msgtype": "m.text", "body": .string(text)],
            transaction: transaction ?? id)
        return try self.event(sealed.content, id: id)
    }

    func event(_ content: JSON, id: String) throws -> MatrixEvent {
        guard
            let event = MatrixEvent([
                "event_id": .string(id), "type": "m.room.encrypted", "sender": .string(self.user),
                "origin_server_ts": 1_000, "content": content,
            ])
        else { throw KeyDeviceError() }
        return event
    }

    /// Syncs what is there, and the text of each event that could be read, by id.
    @discardableResult func sync(_ events: [MatrixEvent] = [], in room: String = "!r:s") async throws -> [String:
        String]
    {
        let rooms: JSON = [
            room: ["timeline": ["events": .array(events.map(\.json))]]
        ]
        let opened = try await self.encryption.receive(
            self.server.sync(self.user, self.name, rooms: events.isEmpty ? [:] : rooms), since: "s")
        try await self.encryption.finishSync(opened)
        var texts = opened.events.compactMapValues { $0.content["body"]?.stringValue }
        for event in opened.late.values.flatMap({ $0 }) { texts[event.id] = event.content["body"]?.stringValue }
        return texts
    }
}

struct KeyDeviceError: Error {}

/// The process ended; nothing of it goes on.
struct KeyDeviceKilled: Error {}

extension MatrixEncryption {
    /// The Curve25519 key of the device.
    var senderKey: String { self.account?.curve25519 ?? "" }

    /// Its Ed25519 key.
    var signingKey: String { self.account?.ed25519 ?? "" }

    /// The devices whose channels are in memory.
    var peers: [String] { self.channels.keys.sorted() }

    /// Takes a room key as if a device had sent it, and events that wait for it.
    func take(
        _ key: String, _ facts: MatrixRoomKey, late: [MatrixEvent] = [], isBackedUp: Bool = true
    ) async throws {
        let session = try MegolmInboundSession(sessionKey: key)
        var facts = facts
        facts.firstIndex = session.firstKnownIndex
        var changes = MatrixKeyChanges()
        for event in late {
            changes.setLate(
                event.id, room: facts.room, session: facts.session, body: event.json.text, at: self.clock() - 60_000)
        }
        try await self.add(session, facts, isBackedUp: isBackedUp, &changes)
        try await self.commit(changes)
    }

    func use(_ backup: MatrixKeyBackup?) { self.backup = backup }

    /// The most channels to one device.
    var mostChannels: Int { self.channels.values.map(\.count).max() ?? 0 }
}
