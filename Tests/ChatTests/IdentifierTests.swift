import Chat
import Testing

@Suite("Identifiers")
struct IdentifierTests {
    /// Pairs that `String` considers equal: the Kelvin sign, an accent in two spellings, the Greek varia.
    private static let pairs = [("#K", "#\u{212A}"), ("#caf\u{E9}", "#cafe\u{301}"), ("a`", "a\u{1FEF}")]

    @Test("rooms, threads, messages and people are equal only when their bytes are", arguments: Self.pairs)
    func exact(one: String, other: String) {
        #expect(one == other)
        let adapter = AdapterID("irc:local")
        let room = RoomID(adapter: adapter, name: one)
        #expect(room != RoomID(adapter: adapter, name: other))
        #expect(room == RoomID(adapter: adapter, name: one))
        #expect(ThreadKey(adapter: adapter, value: one) != ThreadKey(adapter: adapter, value: other))
        #expect(MessageReference(room: room, id: one) != MessageReference(room: room, id: other))
        #expect(Identity(one) != Identity(other))
        #expect(Set([one, other].map { ExactText($0) }).count == 2)
        #expect(Set([one, one].map { ExactText($0) }).count == 1)
    }
}
