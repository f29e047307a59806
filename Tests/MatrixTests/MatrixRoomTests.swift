import Chat
import HTTP
import JSON
import Kit
import TestSupport
import Testing

@testable import Matrix

@Suite("Matrix rooms")
struct MatrixRoomTests {
    private let room = MatrixTranscript.room

    private func invite(_ transcript: MatrixTranscript, isDirect: Bool = false, isEncrypted: Bool = false) -> JSON {
        var events = [
            transcript.event(
                "m.room.member", ["membership": "invite", "is_direct": .bool(isDirect)], from: "@carol:other",
                stateKey: MatrixTranscript.me)
        ]
        if isEncrypted { events.append(transcript.event("m.room.encryption", ["algorithm": "x"], stateKey: "")) }
        return ["invite_state": ["events": .array(events)]]
    }

    @Test("an invitation is accepted only if its sender may invite the bot")
    func invitation() {
        let transcript = MatrixTranscript()
        transcript.start()
        transcript.sync(invited: ["!a:hs": self.invite(transcript), "!b:hs": self.invite(transcript)])
        expectEqual(transcript.questions(), ["!a:hs matrix:@carol:other", "!b:hs matrix:@carol:other"])
        expectEqual(transcript.asked().last?.hasPrefix("sync"), true)
        transcript.handle(.decided(room: "!a:hs", isAllowed: true))
        transcript.handle(.decided(room: "!b:hs", isAllowed: false))
        let asides = transcript.asides()
        expectEqual(asides.map(\.purpose), [.join(room: "!a:hs"), .leave(room: "!b:hs")])
        expectEqual(asides.first?.query["via"], "other")
        // A repeated invitation raises no second question.
        transcript.sync(invited: ["!a:hs": self.invite(transcript)])
        #expect(transcript.questions().isEmpty)
    }

    @Test("without access lists, invitations are ignored")
    func leftAlone() {
        let transcript = MatrixTranscript(answersInvitations: false)
        transcript.start()
        transcript.sync(invited: ["!a:hs": self.invite(transcript)])
        #expect(transcript.questions().isEmpty)
        #expect(transcript.asides().isEmpty)
    }

    @Test("a failed join is retried with a growing delay, then the invitation is declined")
    func joinFails() {
        let transcript = MatrixTranscript()
        transcript.start()
        transcript.sync(invited: ["!a:hs": self.invite(transcript)])
        transcript.handle(.decided(room: "!a:hs", isAllowed: true))
        var delays: [Int64] = []
        for _ in 0..<6 {
            _ = transcript.asides()
            transcript.handle(
                .answerAside(.join(room: "!a:hs"), .refused(MatrixRefusal(status: 403, code: "M_FORBIDDEN"))))
            delays += transcript.delays()
        }
        expectEqual(delays, [2_000, 4_000, 8_000, 16_000, 32_000, 0])
        expectEqual(transcript.asides().map(\.purpose), [.leave(room: "!a:hs")])
        #expect(transcript.logs().contains { $0.contains("was declined") })
    }

    @Test("a direct invitation makes the joined room direct")
    func direct() {
        let transcript = MatrixTranscript()
        transcript.start()
        transcript.sync(invited: ["!a:hs": self.invite(transcript, isDirect: true)])
        transcript.handle(.decided(room: "!a:hs", isAllowed: true))
        transcript.handle(.answerAside(.join(room: "!a:hs"), .success([:])))
        transcript.sync(["!a:hs": transcript.joined([transcript.text("hi", from: "@carol:other")])])
        expectEqual(transcript.messages().map(\.isDirect), [true])
        expectEqual(transcript.machine.memory.rooms["!a:hs"]?.inviter, "@carol:other")
    }

    @Test("a run resumes the invitations and upgrades that the last one left unfinished")
    func resume() {
        var memory = MatrixMemory(account: MatrixStateMachine.account(MatrixTranscript.settings()))
        memory.since = "s1"
        memory.rooms = [self.room: MatrixRoom()]
        memory.invitations = ["!i:hs": MatrixMemory.Invitation(inviter: "@a:hs", isDirect: false, isEncrypted: false)]
        memory.upgrades = [self.room: "!new"]
        let transcript = MatrixTranscript(memory: memory)
        transcript.signIn()
        transcript.sync()
        expectEqual(transcript.questions(), ["!i:hs matrix:@a:hs"])
        expectEqual(transcript.asides().map(\.purpose), [.upgrade(room: self.room, to: "!new")])
        transcript.sync()
        #expect(transcript.questions().isEmpty)
    }

    // MARK: Encryption

    @Test("an invitation to an encrypted room is declined, and the inviter gets the reason in a direct room")
    func encryptedInvitation() {
        let transcript = MatrixTranscript()
        transcript.start()
        // A direct room with the same person.
        transcript.sync(invited: ["!d:hs": self.invite(transcript, isDirect: true)])
        transcript.handle(.decided(room: "!d:hs", isAllowed: true))
        transcript.sync(["!d:hs": transcript.joined([], members: 2)])
        transcript.actions = []
        transcript.sync(invited: ["!e:hs": self.invite(transcript, isEncrypted: true)])
        transcript.handle(.decided(room: "!e:hs", isAllowed: true))
        let asides = transcript.asides()
        expectEqual(asides.map(\.purpose), [.leave(room: "!e:hs")])
        expectEqual(asides.first?.body?["reason"]?.stringValue?.contains("encrypted"), true)
        expectEqual(transcript.said().map(\.room), ["!d:hs"])
        #expect(transcript.logs().contains { $0.contains("!e:hs") })
    }

    @Test("the bot leaves a room that turns out to be encrypted after joining")
    func encryptedAfterJoin() {
        let transcript = MatrixTranscript()
        transcript.start()
        transcript.sync(invited: ["!e:hs": self.invite(transcript)])
        transcript.handle(.decided(room: "!e:hs", isAllowed: true))
        _ = transcript.asides()
        let encryption = transcript.event("m.room.encryption", ["algorithm": "x"], stateKey: "")
        transcript.sync(["!e:hs": transcript.joined([transcript.text("secret")], state: [encryption])])
        expectEqual(transcript.asides().map(\.purpose), [.leave(room: "!e:hs")])
        #expect(transcript.messages().isEmpty)
    }

    @Test("nothing is ever sent into a room once it was encrypted, whatever its later state")
    func neverInClear() throws {
        let transcript = MatrixTranscript()
        transcript.start()
        #expect(throws: Never.self) { try transcript.post(MatrixTranscript.outgoing("before")) }
        let encryption = transcript.event("m.room.encryption", ["algorithm": "x"], stateKey: "")
        transcript.sync([self.room: transcript.joined([encryption, transcript.text("clear")])])
        #expect(transcript.messages().isEmpty)
        #expect(transcript.logs().contains { $0.contains("encrypted now") })
        expectEqual(transcript.statuses().last?.contains("is encrypted"), true)
        // A server that denies the encryption, a rejoin, a restart.
        let off = transcript.event("m.room.encryption", [:], stateKey: "")
        transcript.sync([self.room: transcript.joined([off])])
        transcript.sync(left: [self.room: [:]])
        transcript.sync([self.room: transcript.joined([], members: 3)])
        let memory = try #require(
            MatrixMemory(bytes: transcript.machine.memory.bytes, account: transcript.machine.memory.account))
        let next = MatrixTranscript(memory: memory)
        next.signIn()
        next.sync([self.room: next.joined([], members: 3)])
        for transcript in [transcript, next] {
            let kinds: [MatrixOutgoing.Kind] = [
                .event(.message, ["body": "x"]), .event(.reaction, [:]), .redaction(of: "$x", reason: "r"),
                .event(.encrypted, [:]),
            ]
            for kind in kinds {
                #expect(throws: AdapterError.self) {
                    try transcript.machine.send(
                        MatrixOutgoing(room: self.room, kind: kind, transaction: "t"), at: transcript.now)
                }
            }
        }
    }

    @Test("a sync that turns on encryption in thousands of rooms looks once for the direct room of their inviter")
    func manyEncrypted() {
        var memory = MatrixMemory(account: MatrixStateMachine.account(MatrixTranscript.settings()))
        memory.since = "s1"
        var room = MatrixRoom()
        room.inviter = "@carol:other"
        for number in 0..<10_000 { memory.rooms["!x\(number):hs"] = room }
        let transcript = MatrixTranscript(memory: memory)
        transcript.signIn()
        let encryption = transcript.event("m.room.encryption", ["algorithm": "x"], stateKey: "")
        var joined: [String: JSON] = [:]
        for id in memory.rooms.keys { joined[id] = transcript.joined([], state: [encryption]) }
        // Three direct rooms come with the same sync; the first one without encryption is used.
        joined["!a:hs"] = transcript.joined([], state: [encryption], members: 2)
        let invitation = self.invite(transcript, isDirect: true)
        transcript.sync(invited: ["!c:hs": invitation, "!b:hs": invitation, "!a:hs": invitation])
        for id in ["!b:hs", "!c:hs"] { joined[id] = transcript.joined([], members: 2) }
        transcript.sync(joined)
        let said = transcript.said()
        expectEqual(said.count, 10_001)
        expectEqual(Set(said.map(\.room)), ["!b:hs"])
        transcript.sync(joined)
        #expect(transcript.said().isEmpty)
    }

    @Test("encryption takes effect when the sync is read, before its events are handled")
    func atOnce() {
        let transcript = MatrixTranscript()
        transcript.start()
        let encryption = transcript.event("m.room.encryption", ["algorithm": "x"], stateKey: "")
        transcript.sync([
            self.room: transcript.joined([transcript.text("a")], isLimited: true),
            "!other:hs": transcript.joined([encryption]),
        ])
        // The batch still waits for a page of the first room.
        expectEqual(transcript.asked(), ["gap(room: \"!r:hs\")"])
        expectEqual(transcript.machine.memory.encrypted, ["!other:hs"])
    }

    // MARK: Upgrades and leaving

    @Test("the bot follows an upgrade and delivers the rename before any message in the new room")
    func upgrade() throws {
        let transcript = MatrixTranscript()
        transcript.start()
        let tombstone = transcript.event(
            "m.room.tombstone", ["replacement_room": "!new", "body": "moved"], from: "@carol:other", stateKey: "")
        transcript.sync([self.room: transcript.joined([tombstone])])
        let join = transcript.asides()
        expectEqual(join.map(\.purpose), [.upgrade(room: self.room, to: "!new")])
        expectEqual(join.first?.query["via"], "other")
        transcript.sync(["!new": transcript.joined([transcript.text("bot: hi")], members: 3)])
        expectEqual(transcript.requests().last?.path.last, "m.room.create")
        #expect(transcript.delivered().isEmpty)
        transcript.answer(.creation(room: "!new"), self.creation(replacing: self.room))
        let kinds = transcript.delivered().map { event in
            switch event.kind {
            case .roomRenamed(let from, let to): "\(event.id) \(from.name) \(to.name)"
            case .message(let message): message.text
            default: "other"
            }
        }
        expectEqual(kinds, ["upgrade:!r:hs !r:hs !new", "hi"])
        // Messages for the old room are sent to the new one.
        let request = try transcript.post(MatrixTranscript.outgoing("x"))
        #expect(request.path.contains("!new"))
        _ = transcript.asides()
        transcript.sync([self.room: transcript.joined([tombstone])])
        #expect(transcript.asides().isEmpty)
    }

    @Test("if joining the new room fails, a later invitation still moves the conversations")
    func lateUpgrade() {
        let transcript = MatrixTranscript()
        transcript.start()
        let tombstone = transcript.event("m.room.tombstone", ["replacement_room": "!new"], stateKey: "")
        transcript.sync([self.room: transcript.joined([tombstone])])
        for _ in 0..<6 {
            transcript.handle(
                .answerAside(
                    .upgrade(room: self.room, to: "!new"), .refused(MatrixRefusal(status: 403, code: "M_FORBIDDEN"))))
        }
        #expect(transcript.logs().contains { $0.contains("invite the bot there") })
        expectEqual(transcript.asides().count, 6)
        transcript.sync(["!new": transcript.joined([], members: 3)])
        transcript.answer(.creation(room: "!new"), self.creation(replacing: self.room))
        expectEqual(transcript.delivered().map(\.id), ["upgrade:!r:hs"])
    }

    @Test("an upgrade to a room that the bot is in already is followed, also if the server fails in between")
    func knownUpgrade() {
        let transcript = MatrixTranscript()
        transcript.start()
        transcript.sync(["!new": transcript.joined([], members: 3)])
        let tombstone = self.tombstone(transcript, naming: "!new")
        transcript.sync([self.room: transcript.joined([tombstone])])
        #expect(transcript.asides().isEmpty)
        transcript.refuse(.creation(room: "!new"), 502)
        expectEqual(transcript.waits().count, 1)
        #expect(transcript.delivered().isEmpty)
        transcript.sync([self.room: transcript.joined([tombstone])])
        transcript.answer(.creation(room: "!new"), self.creation(replacing: self.room))
        expectEqual(transcript.delivered().map(\.id), ["upgrade:!r:hs"])
        expectEqual(transcript.asked().last?.hasPrefix("sync"), true)
    }

    @Test("a room that was not created to replace another gets nothing from it, whatever that one says")
    func forgedUpgrade() {
        for creation: JSON in [["room_version": "11"], self.creation(replacing: "!else:hs"), ["predecessor": "x"]] {
            let transcript = MatrixTranscript()
            transcript.start()
            transcript.sync(["!alice:hs": transcript.joined([], members: 2)])
            transcript.sync([
                self.room: transcript.joined([self.tombstone(transcript, naming: "!alice:hs"), transcript.text("run")])
            ])
            transcript.answer(.creation(room: "!alice:hs"), creation)
            let rooms = transcript.delivered().map { event in
                if case .message(let message) = event.kind { message.thread.value } else { "\(event.kind)" }
            }
            expectEqual(rooms, [self.room])
            #expect(transcript.logs().contains { $0.contains("!alice:hs was not created to replace it") })
            #expect(transcript.machine.memory.upgrades.isEmpty)
            expectEqual(transcript.machine.posting(MatrixTranscript.outgoing("x")).room, self.room)
            expectEqual(transcript.asked().last?.hasPrefix("sync"), true)
            // It was there before.
            #expect(transcript.asides().isEmpty && transcript.machine.memory.rooms["!alice:hs"] != nil)
        }
    }

    @Test("a room that the bot joined for a forged tombstone is left again and forgotten, and nothing there is read")
    func forgedJoin() {
        let transcript = MatrixTranscript()
        transcript.start()
        transcript.sync([self.room: transcript.joined([self.tombstone(transcript, naming: "!new")])])
        expectEqual(transcript.asides().map(\.purpose), [.upgrade(room: self.room, to: "!new")])
        transcript.sync([
            "!new": transcript.joined([transcript.text("run")], members: 2),
            self.room: transcript.joined([transcript.text("stay")]),
        ])
        transcript.answer(.creation(room: "!new"), self.creation(replacing: "!else:hs"))
        expectEqual(transcript.messages().map(\.thread.value), [self.room])
        expectEqual(transcript.asides().map(\.purpose), [.abandon(room: "!new")])
        #expect(transcript.logs().contains { $0.contains("Leaving !new again") })
        #expect(transcript.machine.memory.rooms["!new"] == nil && transcript.machine.memory.followed.isEmpty)
        transcript.handle(.answerAside(.abandon(room: "!new"), .success([:])))
        let forget = transcript.asides()
        expectEqual(forget.map(\.purpose), [.forget(room: "!new")])
        expectEqual(forget.first?.path.suffix(2), ["!new", "forget"])
        // A join that the server had answered too late is not repeated.
        transcript.handle(
            .answerAside(.upgrade(room: self.room, to: "!new"), .failed("timeout", mayHaveArrived: true)))
        #expect(transcript.asides().isEmpty)
    }

    @Test("after a restart, a room that the bot joined for a forged tombstone is left too, also if it is in clear text")
    func forgedJoinAfterRestart() throws {
        let transcript = MatrixTranscript(encrypts: true)
        transcript.start()
        let encryption = transcript.event("m.room.encryption", ["algorithm": "x"], stateKey: "")
        transcript.sync([
            self.room: transcript.joined([encryption, self.tombstone(transcript, naming: "!new")])
        ])
        let memory = try #require(
            MatrixMemory(bytes: transcript.machine.memory.bytes, account: transcript.machine.memory.account))
        let next = MatrixTranscript(memory: memory, encrypts: true)
        next.signIn()
        next.sync(["!new": next.joined([], members: 2)])
        next.answer(.creation(room: "!new"), ["room_version": "11"])
        expectEqual(next.asides().map(\.purpose), [.abandon(room: "!new")])
        #expect(!next.logs().contains { $0.contains("enable encryption in !new") })
    }

    @Test(
        "a room to which an allowed person has invited the bot stays, whatever a tombstone says of it",
        arguments: [true, false])
    func forgedButInvited(isInvitedFirst: Bool) {
        let transcript = MatrixTranscript()
        transcript.start()
        let tombstone = self.tombstone(transcript, naming: "!new")
        if !isInvitedFirst { transcript.sync([self.room: transcript.joined([tombstone])]) }
        transcript.sync(invited: ["!new": self.invite(transcript)])
        transcript.handle(.decided(room: "!new", isAllowed: true))
        if isInvitedFirst { transcript.sync([self.room: transcript.joined([tombstone])]) }
        _ = transcript.asides()
        transcript.sync(["!new": transcript.joined([], members: 3)])
        transcript.answer(.creation(room: "!new"), self.creation(replacing: "!else:hs"))
        #expect(transcript.asides().isEmpty)
        expectEqual(transcript.machine.memory.rooms["!new"]?.inviter, "@carol:other")
    }

    @Test("an invitation by somebody who may not invite the bot does not make it stay")
    func forgedAndInvited() {
        let transcript = MatrixTranscript()
        transcript.start()
        transcript.sync(
            [self.room: transcript.joined([self.tombstone(transcript, naming: "!new")])],
            invited: ["!new": self.invite(transcript)])
        _ = transcript.asides()
        // The decision has not come yet.
        transcript.sync(["!new": transcript.joined([], members: 3)])
        transcript.answer(.creation(room: "!new"), ["room_version": "11"])
        expectEqual(transcript.asides().map(\.purpose), [.abandon(room: "!new")])
    }

    @Test("a first sync that brings both rooms makes the bot leave neither")
    func firstSyncOfBoth() {
        let transcript = MatrixTranscript()
        transcript.signIn()
        transcript.sync([
            self.room: transcript.joined([], state: [self.tombstone(transcript, naming: "!zoo:hs")], members: 3),
            "!zoo:hs": transcript.joined([], members: 3),
        ])
        transcript.answer(.creation(room: "!zoo:hs"), ["room_version": "11"])
        #expect(!transcript.asides().contains { $0.purpose == .abandon(room: "!zoo:hs") })
        #expect(transcript.machine.memory.rooms["!zoo:hs"] != nil)
    }

    @Test("after a restart, only the room that the new one was created for is followed, whoever else names it")
    func rivalUpgrades() {
        var memory = MatrixMemory(account: MatrixStateMachine.account(MatrixTranscript.settings()))
        memory.since = "s1"
        memory.rooms = [self.room: MatrixRoom(), "!a:hs": MatrixRoom(), "!z:hs": MatrixRoom()]
        memory.upgrades = ["!a:hs": "!new", self.room: "!new", "!z:hs": "!new"]
        let transcript = MatrixTranscript(memory: memory)
        transcript.signIn()
        transcript.sync(["!new": transcript.joined([], members: 3)])
        transcript.answer(.creation(room: "!new"), self.creation(replacing: self.room))
        expectEqual(transcript.delivered().map(\.id), ["upgrade:!r:hs"])
        #expect(transcript.machine.memory.upgrades.isEmpty)
        expectEqual(transcript.logs().filter { $0.contains("was not created to replace it") }.count, 2)
    }

    @Test("a room that is replaced again and again is followed five times a day, also over a restart")
    func upgradeChain() throws {
        var transcript = MatrixTranscript()
        transcript.start()
        var old = self.room
        func replace(by new: String) -> Bool {
            transcript.sync([old: transcript.joined([self.tombstone(transcript, naming: new)])])
            guard transcript.asides().map(\.purpose) == [.upgrade(room: old, to: new)] else { return false }
            transcript.sync([new: transcript.joined([], members: 3)])
            transcript.answer(.creation(room: new), self.creation(replacing: old))
            old = new
            return true
        }
        for number in 1...5 { #expect(replace(by: "!n\(number)"), "\(number)") }
        expectEqual(transcript.delivered().map(\.id), ["upgrade:!r:hs"] + (1...4).map { "upgrade:!n\($0)" })
        _ = transcript.logs()
        for number in 6...8 { #expect(!replace(by: "!n\(number)"), "\(number)") }
        expectEqual(transcript.logs().filter { $0.contains("does not follow") }.count, 1)
        let memory = try #require(
            MatrixMemory(bytes: transcript.machine.memory.bytes, account: transcript.machine.memory.account))
        transcript = MatrixTranscript(memory: memory)
        transcript.signIn()
        transcript.sync()
        #expect(!replace(by: "!n9"))
        transcript.now.wall += 86_400_000
        #expect(replace(by: "!n10"))
    }

    @Test("of the false replacements that a room names, the bot joins at most five a day")
    func forgedUpgrades() {
        let transcript = MatrixTranscript()
        transcript.start()
        var joins = 0
        for number in 0..<20 {
            let new = "!n\(number)"
            transcript.sync([self.room: transcript.joined([self.tombstone(transcript, naming: new)])])
            guard transcript.asides().map(\.purpose) == [.upgrade(room: self.room, to: new)] else { continue }
            joins += 1
            transcript.sync([new: transcript.joined([], members: 2)])
            transcript.answer(.creation(room: new), ["room_version": "11"])
            expectEqual(transcript.asides().map(\.purpose), [.abandon(room: new)])
        }
        expectEqual(joins, 5)
    }

    @Test("a room in which somebody has talked to the bot keeps its conversation")
    func usedUpgrade() {
        let transcript = MatrixTranscript()
        transcript.start()
        transcript.sync(["!new": transcript.joined([transcript.text("hi")], members: 2)])
        expectEqual(transcript.messages().count, 1)
        transcript.sync([self.room: transcript.joined([self.tombstone(transcript, naming: "!new")])])
        transcript.answer(.creation(room: "!new"), self.creation(replacing: self.room))
        #expect(transcript.delivered().isEmpty)
        #expect(transcript.logs().contains { $0.contains("has a conversation there already") })
    }

    @Test("what was encrypted goes on in a new room only once that is encrypted too")
    func clearUpgrade() throws {
        let transcript = MatrixTranscript(encrypts: true)
        transcript.start()
        let encryption = transcript.event("m.room.encryption", ["algorithm": "x"], stateKey: "")
        let tombstone = self.tombstone(transcript, naming: "!new")
        transcript.sync([self.room: transcript.joined([encryption, tombstone])])
        transcript.sync(["!new": transcript.joined([], members: 3)])
        // Whether the bot may stay there has to be known at once.
        transcript.answer(.creation(room: "!new"), self.creation(replacing: self.room))
        #expect(transcript.delivered().isEmpty)
        #expect(transcript.logs().contains { $0.contains("enable encryption in !new") })
        expectEqual(transcript.asked().last?.hasPrefix("sync"), true)
        expectEqual(transcript.asides().map(\.purpose), [.upgrade(room: self.room, to: "!new")])
        expectEqual(transcript.machine.posting(MatrixTranscript.outgoing("x")).room, self.room)
        let memory = try #require(
            MatrixMemory(bytes: transcript.machine.memory.bytes, account: transcript.machine.memory.account))
        let next = MatrixTranscript(memory: memory, encrypts: true)
        next.signIn()
        next.sync()
        #expect(next.asides().isEmpty)
        next.sync(["!new": next.joined([encryption])])
        next.answer(.creation(room: "!new"), self.creation(replacing: self.room))
        expectEqual(next.delivered().map(\.id), ["upgrade:!r:hs"])
    }

    @Test("a thousand upgrades that wait for encryption are not looked through for each room of a sync")
    func manyWaiting() {
        var memory = MatrixMemory(account: MatrixStateMachine.account(MatrixTranscript.settings()))
        memory.since = "s1"
        // Long ids take longer to look up.
        let rest = String(repeating: "x", count: 240)
        memory.rooms["!new\(rest)"] = MatrixRoom()
        for number in 0..<1_000 {
            memory.upgrades["!\(number)\(rest)"] = "!new\(rest)"
            memory.encrypted.insert("!\(number)\(rest)")
        }
        let transcript = MatrixTranscript(memory: memory, encrypts: true)
        transcript.signIn()
        var rooms: [String: JSON] = [:]
        for number in 0..<19_000 { rooms["!x\(number):hs"] = [:] }
        transcript.sync(rooms)
        expectEqual(transcript.machine.memory.rooms.count, 19_001)
        expectEqual(transcript.machine.memory.upgrades.count, 1_000)
        expectEqual(transcript.asked().last?.hasPrefix("sync"), true)
    }

    @Test("each room whose replacement is not encrypted is warned of once, and all are settled when it is")
    func manyExposed() {
        let transcript = MatrixTranscript(encrypts: true)
        transcript.start()
        let encryption = transcript.event("m.room.encryption", ["algorithm": "x"], stateKey: "")
        transcript.sync(["!new": transcript.joined([], members: 3)])
        var rooms: [String: JSON] = [:]
        for number in 0..<100 {
            let tombstone = self.tombstone(transcript, naming: "!new")
            rooms["!x\(number):hs"] = transcript.joined([], state: [encryption, tombstone])
        }
        transcript.sync(rooms)
        expectEqual(transcript.logs().filter { $0.contains("enable encryption in !new") }.count, 100)
        expectEqual(transcript.asked().last?.hasPrefix("sync"), true)
        // The encryption is found in the missed events.
        transcript.sync(["!new": transcript.joined([], isLimited: true)])
        expectEqual(transcript.asked().last, "gap(room: \"!new\")")
        transcript.answer(.gap(room: "!new"), ["chunk": [encryption]])
        expectEqual(transcript.requests().last?.path.last, "m.room.create")
        transcript.answer(.creation(room: "!new"), self.creation(replacing: "!x7:hs"))
        expectEqual(transcript.delivered().map(\.id), ["upgrade:!x7:hs"])
        #expect(transcript.machine.memory.upgrades.isEmpty)
        expectEqual(transcript.asked().last?.hasPrefix("sync"), true)
    }

    private func tombstone(_ transcript: MatrixTranscript, naming new: String) -> JSON {
        transcript.event("m.room.tombstone", ["replacement_room": .string(new)], from: "@bob:hs", stateKey: "")
    }

    /// The content of the first event of a room.
    private func creation(replacing old: String) -> JSON {
        ["room_version": "11", "predecessor": ["room_id": .string(old), "event_id": "$last"]]
    }

    @Test("after the bot is removed from a room, it cannot post there, and the log names who removed it")
    func removed() {
        let transcript = MatrixTranscript()
        transcript.start()
        let kick = transcript.event("m.room.member", ["membership": "leave"], stateKey: MatrixTranscript.me)
        transcript.sync(left: [self.room: ["timeline": ["events": [kick]]]])
        #expect(transcript.logs().contains { $0.contains("@alice:hs") })
        let error = #expect(throws: AdapterError.self) { try transcript.post(MatrixTranscript.outgoing("x")) }
        expectEqual(error?.code, .forbidden)
        expectEqual(error?.isCertain, true)
        expectEqual(error?.isOfRoom, true)
        #expect(transcript.delivered().isEmpty)
        // Back again: the core hears of it, once.
        for _ in 0..<2 { transcript.sync([self.room: transcript.joined([], members: 3)]) }
        let returned = transcript.delivered().map(\.kind)
        guard case .roomReturned(let room)? = returned.first, returned.count == 1 else {
            Issue.record("\(returned)")
            return
        }
        expectEqual(room.name, self.room)
    }

    @Test("an edit of a message that somebody has redacted counts as refused, because nobody would see it")
    func redacted() throws {
        let transcript = MatrixTranscript()
        transcript.start()
        let outgoing = transcript.machine.posting(MatrixTranscript.outgoing("one"))
        _ = try transcript.machine.finish(outgoing, .success(["event_id": "$own"]), at: transcript.now)
        let reference = MessageReference(room: MatrixTranscript.route().room, id: "$own")
        let edit = transcript.machine.replacing(reference, with: MatrixTranscript.outgoing("two"))
        _ = try transcript.machine.send(edit, at: transcript.now)
        transcript.sync([self.room: transcript.joined([transcript.event("m.room.redaction", ["redacts": "$own"])])])
        let error = #expect(throws: AdapterError.self) { try transcript.machine.send(edit, at: transcript.now) }
        #expect(error?.code == .notFound && error?.isOfRoom == false)
    }
}
