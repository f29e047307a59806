import Chat
import HTTP
import JSON
import Kit
import Logging
import Primitives
import TestSupport
import Testing

@testable import Matrix

@Suite("Matrix adapter", .timeLimit(.minutes(1)))
struct MatrixAdapterTests {
    private let transcript = MatrixTranscript()
    private let server = ScriptedHomeserver()
    private let sink = RecordingSink()
    private let quiet = Logger(label: "matrix", output: LogOutput(level: .error, format: .json, sink: { _ in }))

    private func adapter(
        memory: MemoryStore = .none, mayInvite: (@Sendable (Sender) async -> Bool)? = nil,
        mayPair: (@Sendable () async -> Bool)? = nil, encryption: MatrixEncryptionSettings = MatrixEncryptionSettings()
    ) -> MatrixAdapter {
        var settings = MatrixTranscript.settings()
        settings.encryption = encryption
        return MatrixAdapter(
            settings, memory: memory, transport: self.server, mayInvite: mayInvite, mayPair: mayPair,
            logger: self.quiet)
    }

    private func batch(_ next: String, _ events: [JSON] = [], more: JSONObject = [:]) -> JSON {
        var rooms: JSONObject = ["join": [MatrixTranscript.room: self.transcript.joined(events, members: 3)]]
        rooms.merge(more)
        return ["next_batch": .string(next), "rooms": .object(rooms)]
    }

    private func run(_ adapter: MatrixAdapter, _ body: @escaping @Sendable () async throws -> Void) async throws {
        self.server.sync(self.batch("s1"))
        let sink = self.sink
        try await withRunning(adapter, sink) {
            await sink.wait(for: .up)
            try await body()
        }
    }

    @Test("a message is delivered and answered, the state is saved, and stopping ends the run")
    func round() async throws {
        let kept = Protected<[MatrixMemory]>([])
        let store = MemoryStore(
            load: { nil },
            save: { bytes in
                let account = MatrixStateMachine.account(MatrixTranscript.settings())
                kept.withLock { kept in kept += MatrixMemory(bytes: bytes, account: account).map { [$0] } ?? [] }
                return true
            })
        let adapter = self.adapter(memory: store)
        let (server, sink, question) = (self.server, self.sink, self.batch("s2", [self.transcript.text("bot: hi")]))
        try await self.run(adapter) {
            server.sync(question)
            let message = await sink.message("hi")
            let route = try #require(message?.route)
            let reference = try await adapter.post(OutgoingMessage(text: "hello", route: route, token: "t"))
            expectEqual(reference, MessageReference(room: route.room, id: "$own0"))
            try await adapter.replace(reference, with: OutgoingMessage(text: "bye", route: route, token: "t"))
            try await adapter.delete(reference, in: route)
        }
        expectEqual(server.sent.map { $0.path.dropLast().last }, ["m.room.message", "m.room.message", "$own0"])
        expectEqual(kept.withLock { $0.last?.since }, "s2")
        expectEqual(adapter.status.state, .down)
        expectEqual(sink.statuses.map(\.state), [.connecting, .up, .down])
    }

    @Test("an event that could not be stored is delivered again before the next sync acknowledges it")
    func storeFails() async throws {
        let adapter = self.adapter()
        let sink = RecordingSink(failures: 2)
        let (server, question) = (self.server, self.batch("s2", [self.transcript.text("bot: hi")]))
        let acknowledged = AsyncStream.makeStream(of: [String].self)
        server.answering { request in
            if request.purpose == .sync(since: "s2") { acknowledged.continuation.yield(sink.messages.map(\.text)) }
            return nil
        }
        server.sync(self.batch("s1"))
        try await withRunning(adapter, sink) {
            await sink.wait(for: .up)
            server.sync(question)
            let stored = await acknowledged.stream.first { _ in true }
            expectEqual(stored, ["hi"])
        }
        expectEqual(sink.messages.count, 1)
    }

    @Test("a message is found by its token, directly or through an edit of it")
    func find() async throws {
        let adapter = self.adapter()
        let own = self.transcript.event(
            "m.room.message", ["msgtype": "m.notice", "body": "a", "dev.jetbridge.token": "t1"],
            from: MatrixTranscript.me, id: "$a")
        let edit = self.transcript.event(
            "m.room.message",
            [
                "msgtype": "m.notice", "body": "* b", "dev.jetbridge.token": "t2",
                "m.relates_to": ["rel_type": "m.replace", "event_id": "$b"],
            ], from: MatrixTranscript.me)
        self.server.answering { request in
            guard request.purpose == .look, request.path.last == "messages" else { return nil }
            return .success(request.query["from"] == nil ? ["chunk": [edit], "end": "e"] : ["chunk": [own]])
        }
        try await self.run(adapter) {
            let route = MatrixTranscript.route()
            let found = [
                try await adapter.find(token: "t1", isFile: false, in: route),
                try await adapter.find(token: "t2", isFile: false, in: route),
                try await adapter.find(token: "t3", isFile: false, in: route),
            ]
            expectEqual(found.map { $0?.id }, ["$a", "$b", nil])
        }
    }

    @Test("reactions are added and removed, even in a later run")
    func reactions() async throws {
        let adapter = self.adapter()
        let reference = MessageReference(
            room: RoomID(adapter: MatrixTranscript.adapter, name: MatrixTranscript.room), id: "$q")
        let old = self.transcript.event(
            "m.reaction", ["m.relates_to": ["rel_type": "m.annotation", "event_id": "$q", "key": "👀"]],
            from: MatrixTranscript.me, id: "$old")
        self.server.answering { $0.path.last == "m.reaction" && $0.purpose == .look ? .success(["chunk": [old]]) : nil }
        let server = self.server
        try await self.run(adapter) {
            try await adapter.react("👀", isOn: false, to: reference, isNeeded: true)
            try await adapter.react("✅", isOn: true, to: reference, isNeeded: true)
            try await adapter.react("✅", isOn: false, to: reference, isNeeded: true)
            expectEqual(
                server.sent.map { $0.path[5...].prefix(2).joined(separator: " ") },
                ["redact $old", "send m.reaction", "redact $own1"])
        }
    }

    @Test("files are uploaded as messages in their thread and downloaded in chunks")
    func files() async throws {
        let adapter = self.adapter()
        let server = self.server
        server.store([1, 2, 3], as: "abc")
        try await self.run(adapter) {
            try await adapter.upload(
                OutgoingFile(
                    name: "a.png", mediaType: "image/png", bytes: [1, 2], caption: "look",
                    route: MatrixTranscript.route(anchor: "$root"), token: "t"))
            let content = server.sent.last?.body
            expectEqual(content?["msgtype"], "m.image")
            expectEqual(content?["url"], "mxc://hs/up")
            expectEqual(content?["m.relates_to"]?["event_id"], "$root")
            expectEqual(server.uploads, ["a.png image/png 2"])
            let read = Protected<[UInt8]>([])
            try await adapter.download(Attachment(id: "mxc://hs/abc", name: "x")) { bytes in
                read.withLock { $0 += bytes }
            }
            expectEqual(read.withLock { $0 }, [1, 2, 3])
            for (id, code) in [("mxc://hs/none", AdapterError.Code.notFound), ("https://e.org/x", .invalid)] {
                let error = await #expect(throws: AdapterError.self) {
                    try await adapter.download(Attachment(id: id, name: "x")) { _ in }
                }
                expectEqual(error?.code, code)
            }
        }
    }

    /// A file's key and its ciphertext.
    private static func sealed(_ bytes: [UInt8]) async throws -> (key: MatrixEncryptedFile, ciphertext: [UInt8]) {
        let sealing = MatrixFileSealing(bytes)
        let ciphertext = Protected<[UInt8]>([])
        try await sealing.seal { piece in ciphertext.withLock { $0 += piece } }
        return (try #require(await sealing.key), ciphertext.withLock { $0 })
    }

    @Test("a file is encrypted in pieces while it is sent, and a second try sends the same ones")
    func sealing() async throws {
        let (adapter, server) = (self.adapter(), self.server)
        let bytes = (0..<(2 * MatrixFileSealing.pieceSize + 1_000)).map { UInt8(truncatingIfNeeded: $0 * 7) }
        let sealing = MatrixFileSealing(bytes)
        await expectEqual(sealing.key, nil)
        for _ in 0..<2 {
            _ = try await server.upload(length: bytes.count, mediaType: "x", token: nil) { sink in
                try await sealing.seal(to: sink)
            }
        }
        let pieces = server.uploaded
        expectEqual(pieces.map(\.count), [262_144, 262_144, 1_000, 262_144, 262_144, 1_000])
        expectEqual(pieces[..<3].elementsEqual(pieces[3...]), true)
        server.store(Array(pieces[..<3].joined()), as: "abc")
        let key = try #require(await sealing.key)
        let read = Protected<[UInt8]>([])
        try await adapter.download(Attachment(id: "mxc://hs/abc" + key.attachmentID, name: "x")) { piece in
            read.withLock { $0 += piece }
        }
        expectEqual(read.withLock { $0 == bytes }, true)
    }

    @Test("an encrypted file is decrypted while it comes, so its reader ends it at a limit; a damaged one is an error")
    func encryptedFile() async throws {
        let (adapter, server) = (self.adapter(), self.server)
        let bytes = (0..<10_500).map { UInt8(truncatingIfNeeded: $0 * 7) }
        let (key, ciphertext) = try await Self.sealed(bytes)
        let file = Attachment(id: "mxc://hs/abc" + key.attachmentID, name: "x")
        server.store(ciphertext, as: "abc")
        let read = Protected<[UInt8]>([])
        try await adapter.download(file) { piece in read.withLock { $0 += piece } }
        expectEqual(read.withLock { $0 }, bytes)
        expectEqual(server.pieces, 11)
        let refusal = await #expect(throws: AdapterError.self) {
            try await adapter.download(file) { _ in throw AdapterError(.invalid, "too large") }
        }
        expectEqual(refusal?.message, "too large")
        expectEqual(server.pieces, 12, "it is not read to its end first")
        var damaged = ciphertext
        damaged[10_000] ^= 1
        server.store(damaged, as: "abc")
        let error = await #expect(throws: AdapterError.self) { try await adapter.download(file) { _ in } }
        expectEqual(error?.message.contains("damaged"), true)
    }

    @Test("a file that is larger than the homeserver allows is refused before it is encrypted or sent")
    func largeFile() async throws {
        let (adapter, server) = (self.adapter(), self.server)
        server.answering { $0.purpose == .mediaLimit ? .success(["m.upload.size": 4]) : nil }
        try await self.run(adapter) {
            let error = await #expect(throws: AdapterError.self) {
                try await adapter.upload(
                    OutgoingFile(
                        name: "a.txt", mediaType: "text/plain", bytes: [1, 2, 3, 4, 5], caption: "",
                        route: MatrixTranscript.route(), token: "t"))
            }
            expectEqual(error?.code, .invalid)
            #expect(server.uploads.isEmpty)
        }
    }

    @Test("nothing is sent to an encrypted room: no message, file, reaction or typing sign")
    func encrypted() async throws {
        let adapter = self.adapter()
        let (server, sink) = (self.server, self.sink)
        let encryption = self.transcript.event("m.room.encryption", ["algorithm": "x"], stateKey: "")
        let rooms: JSON = [
            MatrixTranscript.room: self.transcript.joined([encryption], members: 3),
            "!plain:hs": self.transcript.joined([], members: 3),
        ]
        let batch = self.batch("s2", more: ["join": rooms])
        let typing = AsyncStream.makeStream(of: [String].self)
        self.server.answering { request in
            if request.purpose == .typing { typing.continuation.yield(request.path) }
            return nil
        }
        try await self.run(adapter) {
            server.sync(batch)
            await sink.wait { _, statuses in statuses.last?.detail?.contains("encrypted") == true }
            let route = MatrixTranscript.route()
            let reference = MessageReference(room: route.room, id: "$q")
            await #expect(throws: AdapterError.self) { try await adapter.post(MatrixTranscript.outgoing("secret")) }
            await #expect(throws: AdapterError.self) {
                try await adapter.replace(reference, with: MatrixTranscript.outgoing("secret"))
            }
            await #expect(throws: AdapterError.self) {
                try await adapter.upload(
                    OutgoingFile(
                        name: "secret", mediaType: "text/plain", bytes: [1], caption: "", route: route, token: "f"))
            }
            await #expect(throws: AdapterError.self) {
                try await adapter.react("👀", isOn: true, to: reference, isNeeded: true)
            }
            await adapter.setTyping(true, in: route)
            // The encrypted room's sign would be sent before this one.
            await adapter.setTyping(true, in: MatrixTranscript.route("!plain:hs"))
            let first = await typing.stream.first { _ in true }
            expectEqual(first?.contains("!plain:hs"), true)
            #expect(server.sent.isEmpty)
            #expect(server.uploads.isEmpty)
        }
    }

    @Test(
        "invitations follow the access lists; an open pairing code lets strangers start a direct chat",
        arguments: [false, true])
    func invitation(isCodeWaiting: Bool) async throws {
        let joined = AsyncStream.makeStream(of: String.self)
        let adapter = self.adapter(mayInvite: { $0.id == "matrix:@alice:hs" }, mayPair: { isCodeWaiting })
        func invite(_ sender: String, isDirect: Bool = false, isEncrypted: Bool = false) -> JSON {
            let member = self.transcript.event(
                "m.room.member", ["membership": "invite", "is_direct": .bool(isDirect)], from: sender,
                stateKey: MatrixTranscript.me)
            let encryption = self.transcript.event("m.room.encryption", [:], from: sender, stateKey: "")
            return ["invite_state": ["events": .array(isEncrypted ? [encryption, member] : [member])]]
        }
        self.server.answering { request in
            switch request.purpose {
            case .join(let room): joined.continuation.yield("join \(room)")
            case .leave(let room): joined.continuation.yield("leave \(room)")
            default: break
            }
            return nil
        }
        let batch = self.batch(
            "s2",
            more: [
                "invite": [
                    "!a:hs": invite("@alice:hs"), "!b:hs": invite("@eve:hs"),
                    "!d:hs": invite("@eve:hs", isDirect: true),
                    "!e:hs": invite("@eve:hs", isDirect: true, isEncrypted: true),
                ]
            ])
        let server = self.server
        try await self.run(adapter) {
            server.sync(batch)
            var answers: Set<String> = []
            for await answer in joined.stream {
                answers.insert(answer)
                if answers.count == 4 { break }
            }
            let direct = isCodeWaiting ? "join !d:hs" : "leave !d:hs"
            expectEqual(answers, ["join !a:hs", "leave !b:hs", direct, "leave !e:hs"])
        }
    }

    @Test("what people without a role refer to is not asked of the server")
    func strangersLookups() async throws {
        let adapter = self.adapter(mayInvite: { $0.id == "matrix:@alice:hs" })
        let transcript = self.transcript
        func reply(_ text: String, from sender: String, to id: String) -> JSON {
            transcript.text(text, from: sender, more: ["m.relates_to": ["m.in_reply_to": ["event_id": .string(id)]]])
        }
        let events = (0..<3).map { reply("a\($0)", from: "@eve:hs", to: "$e\($0)") }
        let batch = self.batch("s2", events + [reply("b", from: "@alice:hs", to: "$e0")])
        let (server, sink) = (self.server, self.sink)
        try await self.run(adapter) {
            server.sync(batch)
            await sink.message("b")
        }
        expectEqual(sink.messages.map(\.text), ["a0", "a1", "a2", "b"])
        let asked = server.requests.map(\.purpose).filter { if case .event = $0 { true } else { false } }
        expectEqual(asked, [.event(room: MatrixTranscript.room, id: "$e0")])
    }

    @Test("doctor reports what is wrong", arguments: ["encrypted", "html", "token", "mismatch", "empty", "down"])
    func diagnose(trouble: String) async {
        let adapter = self.adapter(encryption: MatrixEncryptionSettings(isEnabled: false))
        self.server.answering { request in
            switch (trouble, request.purpose, request.path.last) {
            case ("html", .versions, _): .refused(MatrixRefusal(status: 200))
            case ("down", .versions, _): .failed("connection refused", mayHaveArrived: false)
            case ("token", .whoAmI, _): .refused(MatrixRefusal(status: 401, code: "M_UNKNOWN_TOKEN"))
            case ("mismatch", .whoAmI, _): .success(["user_id": "@other:hs"])
            case ("empty", .look, "joined_rooms"): .success(["joined_rooms": []])
            case (_, .look, "joined_rooms"): .success(["joined_rooms": ["!plain:hs", "!secret:hs"]])
            case (_, .look, "m.room.encryption"):
                request.path.contains("!secret:hs")
                    ? .success(["algorithm": "x"]) : .refused(MatrixRefusal(status: 404, code: "M_NOT_FOUND"))
            default: nil
            }
        }
        let findings = await adapter.diagnose()
        let words = [
            "encrypted": "!secret:hs is encrypted", "html": "not a Matrix homeserver", "token": "access token",
            "mismatch": "@other:hs", "empty": "in no room", "down": "cannot be reached",
        ]
        #expect(findings.contains { $0.severity != .ok && $0.text.contains(words[trouble] ?? "?") }, "\(findings)")
        #expect(!self.server.requests.contains { $0.purpose == .send })
    }

    @Test("a rejected token is reported in the status, and posts fail")
    func refused() async throws {
        let adapter = self.adapter()
        self.server.answering {
            $0.purpose == .whoAmI ? .refused(MatrixRefusal(status: 401, code: "M_UNKNOWN_TOKEN")) : nil
        }
        let sink = self.sink
        try await withRunning(adapter, sink) {
            await sink.wait(for: .refused)
            expectEqual(adapter.status.detail?.contains("access token"), true)
            let error = await #expect(throws: AdapterError.self) {
                try await adapter.post(MatrixTranscript.outgoing("x"))
            }
            expectEqual(error?.code, .disconnected)
        }
    }

    @Test("the traits of a room match the adapter")
    func traits() {
        let adapter = self.adapter()
        let traits = adapter.traits(of: RoomID(adapter: adapter.id, name: MatrixTranscript.room))
        #expect(traits.capabilities.contains([.edits, .reactions, .typing, .threads, .files, .deletes]))
        expectEqual(traits.sign, CommandSign("!"))
        #expect(traits.editInterval >= .milliseconds(1_500))
        #expect(traits.textLimit * 4 < 60_000)
    }
}
