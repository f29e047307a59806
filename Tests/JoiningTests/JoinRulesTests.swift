import Chat
import TestSupport
import Testing

@testable import Joining
@testable import Threads

@Suite("Which messages are one turn")
struct JoinRulesTests {
    static func message(
        by person: String = "alice", in room: String = "#team", anchor: String? = nil
    ) -> InboundMessage {
        let id = AdapterID("fake:one")
        return InboundMessage(
            thread: ThreadKey(adapter: id, value: "t"),
            route: Route(room: RoomID(adapter: id, name: room), anchor: anchor, replyTo: "m2"),
            sender: Sender(id: person, identities: [], displayName: person), text: "more", sentAt: 0, isDirect: false,
            isAddressed: true)
    }

    static func turn(
        _ id: String = "op", kind: TurnKind = .chat, work: String? = nil, text: String = "hello", ask: String? = nil,
        files: Int = 0, parts: [TurnPart] = []
    ) -> TurnRecord {
        TurnRecord(
            id: id, session: "s", kind: kind, work: work ?? id, text: text, sender: Self.message().sender,
            route: Route(room: Self.message().route.room, replyTo: "m1"), message: 1, state: .queued, attempts: 0,
            queuedAt: 0,
            attachments: (0..<files).map { Attachment(id: "f\($0)", name: "n", mediaType: "", size: 1) }, ask: ask,
            parts: parts)
    }

    @Test("a question joins a question of the same person in the same place, and nothing else")
    func mayJoin() {
        #expect(JoinRules.mayJoin(Self.message(), Self.turn()))
        #expect(!JoinRules.mayJoin(Self.message(by: "bob"), Self.turn()))
        #expect(!JoinRules.mayJoin(Self.message(in: "#other"), Self.turn()))
        #expect(!JoinRules.mayJoin(Self.message(anchor: "a"), Self.turn()))
        #expect(!JoinRules.mayJoin(Self.message(), Self.turn(kind: .run)))
        #expect(!JoinRules.mayJoin(Self.message(), Self.turn(work: "earlier")))
        #expect(!JoinRules.mayJoin(Self.message(), Self.turn(ask: "a1")))
    }

    @Test("a turn has at most twenty messages, the files of one question, and a text that the model takes")
    func limits() {
        func mayBe(_ turn: TurnRecord) -> Bool {
            JoinRules.mayBe(turn, fileLimit: 2) { $0.utf8.count > 10 ? "too long" : nil }
        }
        let part = TurnPart(message: 1, reference: nil, bytes: 0, files: 0)
        #expect(mayBe(Self.turn(parts: Array(repeating: part, count: 20))))
        #expect(!mayBe(Self.turn(parts: Array(repeating: part, count: 21))))
        #expect(mayBe(Self.turn(files: 2)) && !mayBe(Self.turn(files: 3)))
        #expect(mayBe(Self.turn(text: "0123456789")) && !mayBe(Self.turn(text: "0123456789x")))
    }

    @Test("a turn has at most 256 KiB of text, also where that weighs nothing")
    func bytes() {
        func mayBe(_ count: Int) -> Bool {
            let turn = Self.turn(text: String(repeating: " ", count: count))
            return JoinRules.mayBe(turn, fileLimit: 2) { _ in nil }
        }
        #expect(mayBe(256 << 10) && !mayBe((256 << 10) + 1))
    }

    @Test("a turn begins anew at most five times, in the first ten seconds")
    func anew() {
        #expect(JoinRules.mayBeginAnew(askedAt: 0, times: 4, at: 10_000))
        #expect(!JoinRules.mayBeginAnew(askedAt: 0, times: 5, at: 0))
        #expect(!JoinRules.mayBeginAnew(askedAt: 0, times: 0, at: 10_001))
    }

    @Test("only what differs in more than white space is another question")
    func differences() {
        #expect(!EditedTurn.differ("a b", " a\nb ") && EditedTurn.differ("a b", "a c") && EditedTurn.differ("a", ""))
    }

    private static func divided(_ text: String, _ bytes: Int...) -> DividedQuestion {
        DividedQuestion(
            text, dividedInto: bytes.map { TurnPart(message: 1, reference: nil, bytes: $0, files: 0) })
    }

    @Test("a text is divided into those of its messages and joined again, byte by byte")
    func division() {
        let whole = Self.divided("one\n\nzwö\n\nFiles:\n- a", 3, 0, 4)
        #expect(whole.texts == ["one", "", "zwö"] && whole.rest == "\n\nFiles:\n- a")
        expectEqual(whole.text, "one\n\nzwö\n\nFiles:\n- a")
        var edited = whole
        edited.texts[0] = ""
        expectEqual(edited.text, "zwö\n\nFiles:\n- a")
        edited.texts[1] = "a\n\nb"
        expectEqual(edited.text, "a\n\nb\n\nzwö\n\nFiles:\n- a")
        // Shorter than it should be, after everything was struck.
        expectEqual(Self.divided("[gone]", 40, 5).text, "[gone]")
    }

    private struct Running: RunningQuestion { let turn: TurnRecord }

    @Test("the turn that a message joins does not begin before that is stored")
    func held() throws {
        var queue = QuestionQueue<Running>()
        queue.append(Self.turn("1"))
        let held = queue.hold(for: Self.message())
        #expect(held?.id == "1" && queue.next() == nil && queue.isFree && !queue.isIdle)
        queue.release(Self.turn("1", text: "hello\n\nmore", files: 1))
        let next = queue.next()
        #expect(next?.id == "1" && next?.text.isEmpty == true && next?.attachments.count == 1)
    }

    @Test("only the last waiting turn of a person takes another message")
    func last() {
        var queue = QuestionQueue<Running>()
        queue.append(Self.turn("1"))
        queue.append(Self.turn("2", kind: .run))
        #expect(queue.hold(for: Self.message()) == nil && queue.next()?.id == "1")
        queue.append(Self.turn("3"))
        #expect(queue.hold(for: Self.message(by: "bob")) == nil)
        #expect(queue.hold(for: Self.message())?.id == "3")
    }

    @Test("an edit offers to ask again while the answer is written and for a minute after it, if it is the last one")
    func offers() {
        let ended = TurnRecord(
            id: "1", session: "s", kind: .chat, work: "1", text: "a", sender: Self.message().sender,
            route: Self.message().route, message: 1, state: .complete, attempts: 1, queuedAt: 0, endedAt: 1_000)
        #expect(
            RedoRules.isOffered(ended, isLast: true, at: 61_000)
                && !RedoRules.isOffered(ended, isLast: true, at: 61_001))
        #expect(
            !RedoRules.isOffered(ended, isLast: false, at: 1_000)
                && !RedoRules.isOffered(Self.turn(), isLast: true, at: 0))
        func refusal(by person: String = "alice", as role: Role? = .member, isBusy: Bool = false, at now: Int64 = 1_000)
            -> RedoRules.Refusal?
        {
            RedoRules.refusal(
                of: ended, answeredBy: ended, for: Self.message(by: person).sender, as: role, isBusy: isBusy, at: now)
        }
        #expect(refusal() == nil && refusal(isBusy: true) == .busy && refusal(at: 86_401_001) == .tooOld)
        #expect(refusal(by: "bob") == .notYours("alice") && refusal(by: "bob", as: .owner) == nil)
    }
}
