import Chat
import Surroundings
import Testing

@Suite("Reading a room's past")
struct PastReadingTests {
    private static let room = RoomID(adapter: AdapterID("fake:one"), name: "team")
    private static let now: Int64 = 1_000_000_000

    private func reference(_ id: String) -> MessageReference { MessageReference(room: Self.room, id: id) }

    private func query(
        _ state: ContextState, anchor: String? = nil, reply: String? = nil, limits: ContextLimits? = ContextLimits()
    ) -> PastQuery? {
        let context = QuestionContext(state: state, lines: reply.map { [.unread(self.reference($0))] } ?? [])
        return PastReading.query(
            for: context, Route(room: Self.room, anchor: anchor, replyTo: "q"), limits: limits, at: Self.now)
    }

    @Test("a thread is read as far as its age, a room for an hour; a question that begins a thread is in the room")
    func queries() {
        let thread = self.query(.due, anchor: "root")
        #expect(thread?.route.anchor == "root" && thread?.limit == 50 && thread?.since == Self.now - 604_800_000)
        #expect(thread?.before == self.reference("q") && thread?.after == nil)
        for anchor in [nil, "q"] {
            let room = self.query(.due, anchor: anchor)
            #expect(room?.route.anchor == nil && room?.limit == 20 && room?.since == Self.now - 3_600_000)
        }
        #expect(self.query(.due, limits: nil) == nil)
        #expect(self.query(.reply) == nil)
        #expect(self.query(.reply, reply: "m1").map { [$0.limit, $0.repliesTo == "m1" ? 1 : 0] } == [0, 1])
        #expect(self.query(.due, reply: "m1", limits: nil)?.limit == 0)
    }

    @Test("what the session has, the question itself and the bot's notes are left out; its answers to others are lines")
    func lines() {
        func said(_ id: String, by person: String = "bob", _ relation: SaidMessage.Relation = .said) -> SaidMessage {
            SaidMessage(
                relation, reference: self.reference(id),
                author: Sender(id: person, identities: [], displayName: person, isSelf: person == "jet"), name: person,
                sentAt: 1, text: id)
        }
        func known(_ session: String, _ isAnswer: Bool = false, to asker: String? = nil) -> KnownMessage {
            KnownMessage(
                session: session, isAnswer: isAnswer,
                asker: asker.map { Sender(id: $0, identities: [], displayName: $0) }, hadForeignText: false)
        }
        let past = RoomPast(messages: [
            said("mine", .root), said("ours"), said("other"), said("answer", by: "jet"), said("toGuest", by: "jet"),
            said("note", by: "jet"), said("unknown", by: "jet"), said("old", by: "jet", .repliedTo), said("q"),
        ])
        let lines = PastReading.lines(
            of: past, before: self.reference("q"), in: "s",
            known: [
                self.reference("mine"): known("s"), self.reference("ours"): known("s", true),
                self.reference("answer"): known("t", true, to: "alice"),
                self.reference("toGuest"): known("t", true, to: "gina"),
                self.reference("note"): known("t"),
            ]
        ) { ["alice": .owner, "bob": .member, "gina": .guest][$0.id] }
        #expect(lines.map(\.said.text) == ["other", "answer", "toGuest", "old"])
        #expect(lines.map(\.hasForeignWords) == [false, false, true, true])
        #expect(lines.map(\.role) == [.member, nil, nil, nil])
        #expect(lines.people.map(\.id) == ["bob"])
    }
}
