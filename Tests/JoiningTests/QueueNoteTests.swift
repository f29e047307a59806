import Chat
import TestSupport
import Testing

@testable import Joining
@testable import Threads

@Suite("The line that says how many messages wait")
struct QueueNoteTests {
    private static let note = OutboxItem(
        id: 7, session: "s", turn: "op", kind: .note,
        route: Route(room: RoomID(adapter: AdapterID("fake:one"), name: "#team")), text: "1", token: "m",
        reference: nil, state: .pending)

    @Test("it is edited only when the number changes, and ends when none waits")
    func edits() {
        var note = QueueNote()
        #expect(!note.isShown && note.edit(for: 3) == nil)
        note.show(Self.note, saying: 1, isEditable: true)
        expectEqual([1, 2, 2, 1].map { note.edit(for: $0)?.count }, [nil, 2, nil, 1])
        expectEqual(note.edit(for: 0), QueueNote.Edit(note: Self.note, count: 0))
        #expect(!note.isShown && note.edit(for: 2) == nil)
    }

    @Test("one that was found again says its number once more")
    func found() {
        var note = QueueNote()
        note.find(Self.note)
        #expect(note.isShown)
        expectEqual([2, 2, 0, 1].map { note.edit(for: $0)?.count }, [2, nil, 0, nil])
    }

    @Test("where nothing can be edited it stays as it is, and is the only one until none waits")
    func fixed() {
        var note = QueueNote()
        note.show(Self.note, saying: 1, isEditable: false)
        #expect(note.edit(for: 4) == nil && note.isShown)
        #expect(note.edit(for: 0) == nil && !note.isShown)
    }
}
