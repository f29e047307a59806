import Chat
import HTTP
import JSON
import Logging
import Primitives
import TestSupport
import Testing

@testable import Matrix

@Suite("Direct rooms on Matrix", .timeLimit(.minutes(1)))
struct MatrixDirectTests {
    private static let identity = "matrix:@olga:hs"

    /// Runs an adapter whose server has `marks` as the account's direct rooms, and creates `!new:hs`.
    private static func direct(
        marks: JSON, joined rooms: [String], members: [String: String] = [:], refusing status: Int? = nil,
        isEncrypted: Bool = false
    ) async throws -> (direct: DirectConversation?, requests: [MatrixRequest]) {
        let (server, transcript, sink) = (ScriptedHomeserver(), MatrixTranscript(), RecordingSink())
        let encryption = transcript.event("m.room.encryption", ["algorithm": "m.megolm.v1.aes-sha2"], stateKey: "")
        let room = transcript.joined([], state: isEncrypted ? [encryption] : [], members: 2)
        let quiet = Logger(label: "matrix", output: LogOutput(level: .error, format: .json, sink: { _ in }))
        let adapter = MatrixAdapter(MatrixTranscript.settings(), transport: server, logger: quiet)
        server.answering { request in
            let path = request.path.joined(separator: "/")
            if path.hasSuffix("account_data/m.direct") { return .success(request.method == .get ? marks : [:]) }
            if let room = members.keys.first(where: { path.contains("\($0)/state/m.room.member") }) {
                return .success(["membership": .string(members[room] ?? "leave")])
            }
            guard path.hasSuffix("createRoom") else { return nil }
            if let status {
                return .refused(
                    MatrixRefusal(status: status, code: "M_FORBIDDEN", retryAfter: nil, isSoftLogout: false))
            }
            server.sync(["next_batch": "s2", "rooms": ["join": ["!new:hs": room]]])
            return .success(["room_id": "!new:hs"])
        }
        let joined = JSONObject(dictionary: Dictionary(uniqueKeysWithValues: rooms.map { ($0, room) }))
        server.sync(["next_batch": "s1", "rooms": ["join": .object(joined)]])
        let found = Protected<DirectConversation?>(nil)
        try await withRunning(adapter, sink) {
            await sink.wait(for: .up)
            let direct = try await adapter.direct(with: Self.identity)
            found.withLock { $0 = direct }
        }
        return (found.withLock { $0 }, server.requests)
    }

    @Test("a room with the person alone is used, if they are there or invited")
    func existing() async throws {
        for membership in ["join", "invite"] {
            let (direct, requests) = try await Self.direct(
                marks: ["@olga:hs": ["!gone:hs", "!left:hs", "!d:hs"]], joined: ["!left:hs", "!d:hs"],
                members: ["!left:hs": "leave", "!d:hs": membership])
            expectEqual(direct?.route, Route(room: RoomID(adapter: MatrixTranscript.adapter, name: "!d:hs")))
            expectEqual(direct?.thread.value, "!d:hs")
            #expect(!requests.contains { $0.path.last == "createRoom" })
        }
    }

    @Test("else one is made, marked as direct beside the others, and used once the sync has brought it")
    func new() async throws {
        let (direct, requests) = try await Self.direct(marks: ["@bob:hs": ["!b:hs"]], joined: ["!r:hs"])
        expectEqual(direct?.route.room.name, "!new:hs")
        let made = try #require(requests.first { $0.path.last == "createRoom" }?.body)
        expectEqual(made["invite"], ["@olga:hs"])
        expectEqual(made["is_direct"], true)
        let marked = requests.last { $0.path.last == "m.direct" && $0.method == .put }
        expectEqual(marked?.body, ["@bob:hs": ["!b:hs"], "@olga:hs": ["!new:hs"]])
    }

    @Test("whom the server does not let the bot invite cannot be reached")
    func refused() async throws {
        let (direct, _) = try await Self.direct(marks: [:], joined: ["!r:hs"], refusing: 403)
        #expect(direct == nil)
        let adapter = MatrixAdapter(MatrixTranscript.settings(), transport: ScriptedHomeserver())
        #expect(adapter.mayReach(Self.identity) && !adapter.mayReach("slack:T1/U1") && !adapter.mayReach("matrix:*:hs"))
    }

    @Test("a room that the server encrypted, which the bot cannot read, is not followed by another one")
    func useless() async throws {
        let (direct, requests) = try await Self.direct(
            marks: ["@olga:hs": ["!d:hs"]], joined: ["!d:hs"], members: ["!d:hs": "join"], isEncrypted: true)
        #expect(direct == nil && !requests.contains { $0.path.last == "createRoom" })
    }

    @Test("a new room is encrypted where the bot encrypts")
    func encrypted() {
        let clear = MatrixRequest.newDirectRoom(with: "@olga:hs", isEncrypted: false)
        #expect(clear.body?["initial_state"] == nil)
        let sealed = MatrixRequest.newDirectRoom(with: "@olga:hs", isEncrypted: true)
        expectEqual(sealed.body?["initial_state"]?[0]?["type"], "m.room.encryption")
    }
}
