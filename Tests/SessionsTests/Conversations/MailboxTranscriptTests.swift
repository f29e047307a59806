import Chat
import Etiquette
import TestSupport
import Testing

@testable import Sessions
@testable import Threads

@Suite("What a mailbox decides")
struct MailboxTranscriptTests {
    private func numbers(_ mailbox: Mailbox) -> [Int64] {
        mailbox.letters.map { letter in
            switch letter.content {
            case .message(let stored, _): stored.number
            case .change(let stored): stored.number
            case .deleted(let number): -number
            }
        }
    }

    private func next(_ mailbox: inout Mailbox) -> Int64? {
        guard let letter = mailbox.next(), case .message(let stored, _) = letter.content else { return nil }
        return stored.number
    }

    @Test("the first letter begins the work, later ones join it, and it ends with the last")
    func work() {
        var mailbox = Mailbox()
        #expect(mailbox.isIdle && mailbox.isOpen)
        expectEqual(mailbox.receive(Sample.letter(1)), .begin)
        expectEqual(mailbox.receive(Sample.letter(2)), .queued)
        #expect(self.next(&mailbox) == 1 && !mailbox.isIdle)
        expectEqual(mailbox.receive(Sample.letter(3)), .queued)
        expectEqual(self.next(&mailbox), 2)
        #expect(self.next(&mailbox) == 3 && !mailbox.isIdle)
        #expect(self.next(&mailbox) == nil && mailbox.isIdle)
        expectEqual(mailbox.receive(Sample.letter(4)), .begin)
    }

    @Test("the reply is that of the letter in hand")
    func reply() {
        var mailbox = Mailbox()
        let reply = ReplyBox()
        _ = mailbox.receive(Mailbox.Letter(.message(Sample.message(1), .chat("")), reply: reply))
        _ = mailbox.receive(Sample.letter(2))
        #expect(mailbox.reply == nil)
        _ = mailbox.next()
        #expect(mailbox.reply === reply)
        _ = mailbox.next()
        #expect(mailbox.reply == nil)
    }

    @Test(
        "what a full mailbox has no room for is read from the inbox when the letters are handled, and the order stays")
    func full() async throws {
        var mailbox = Mailbox()
        let limit = Int64(Mailbox.limit)
        expectEqual(mailbox.receive(Sample.letter(1)), .begin)
        for number in 2...2 * limit { expectEqual(mailbox.receive(Sample.letter(number)), .queued) }
        let reply = ReplyBox()
        _ = mailbox.receive(Mailbox.Letter(.message(Sample.message(2 * limit + 1), .chat("")), reply: reply))
        #expect(mailbox.letters.count == Mailbox.limit && mailbox.unread.isEmpty)
        expectEqual(self.next(&mailbox), 1)
        // There is room, but others are before it.
        _ = mailbox.receive(Sample.letter(2 * limit + 2))
        for number in 2...limit { expectEqual(self.next(&mailbox), number) }
        expectEqual(mailbox.unread, Array(limit + 1...2 * limit))
        // One of them was deleted in the meantime, and more have come.
        _ = mailbox.receive(Sample.letter(2 * limit + 3))
        let entries = (limit + 2...2 * limit).map { ($0, InboxEntry.message(Sample.message($0), .chat("hello"))) }
        expectEqual(mailbox.take(Dictionary(uniqueKeysWithValues: entries), of: Mailbox.limit).count, 0)
        for number in limit + 2...2 * limit { expectEqual(self.next(&mailbox), number) }
        expectEqual(mailbox.unread, Array(2 * limit + 1...2 * limit + 3))
        expectEqual(mailbox.take([:], of: 1).count, 1)
        expectEqual(mailbox.take([:], of: 2).count, 0)
        #expect(mailbox.next() == nil && mailbox.isIdle)
        expectEqual(mailbox.receive(Sample.letter(9_000)), .begin)
    }

    @Test("changes and moves are noted, as they may have missed what is being read")
    func revision() {
        var mailbox = Mailbox()
        let room = MessageReference(room: Sample.room, id: "m1")
        mailbox.amend(.deletion(room)) { _, _ in .chat("") }
        expectEqual(mailbox.revision, 1)
        mailbox.move(from: Sample.room, to: Sample.room, keepsMessages: true)
        expectEqual(mailbox.revision, 2)
    }

    @Test("who waits for a letter learns that it was given up, wherever the letter is")
    func abandoned() {
        var mailbox = Mailbox()
        for number in 1...Int64(Mailbox.limit) + 1 {
            _ = mailbox.receive(Mailbox.Letter(.message(Sample.message(number), .chat("")), reply: ReplyBox()))
        }
        expectEqual(mailbox.abandon().count, Mailbox.limit + 1)
        #expect(mailbox.unread.isEmpty && mailbox.receive(Sample.letter(1)) == .refused)
    }

    @Test("a message past the mailbox makes others wait until it is handled")
    func direct() {
        var mailbox = Mailbox()
        mailbox.beginDirect()
        #expect(!mailbox.isOpen)
        expectEqual(mailbox.receive(Sample.letter(1)), .queued)
        expectEqual(mailbox.endDirect(), true)
        expectEqual(self.next(&mailbox), 1)
        expectEqual(self.next(&mailbox), nil)
        mailbox.beginDirect()
        #expect(!mailbox.endDirect() && mailbox.isOpen)
    }

    @Test("a retired mailbox refuses letters")
    func retired() {
        var mailbox = Mailbox()
        mailbox.retire(true)
        expectEqual(mailbox.receive(Sample.letter(1)), .refused)
        #expect(!mailbox.isOpen)
    }

    @Test("waiting messages are changed in place by their author and deleted by anybody")
    func changes() {
        var mailbox = Mailbox()
        for number in 1...Int64(3) { _ = mailbox.receive(Sample.letter(number)) }
        func edit(_ id: String, by name: String) -> MessageChange {
            .edit(
                MessageEdit(
                    reference: MessageReference(room: Sample.room, id: id), sender: Sample.person(name), text: "!new"))
        }
        func intent(_ index: Int) -> Intent? {
            if case .message(_, let intent) = mailbox.letters[index].content { intent } else { nil }
        }
        let read: (InboundMessage, Role?) -> Intent = {
            Intent.ofStored($0, role: $1, sign: "!", isPairingAllowed: false)
        }
        mailbox.amend(edit("m1", by: "alice"), reading: read)
        mailbox.amend(edit("m2", by: "mallory"), reading: read)
        mailbox.amend(.deletion(MessageReference(room: Sample.room, id: "m3")), reading: read)
        #expect(intent(0) == .command(.new, argument: "") && intent(1) == .chat("hello") && intent(2) == nil)
        expectEqual(self.numbers(mailbox)[2], -3)
    }

    @Test("waiting messages follow their room to its new id")
    func moved() {
        var mailbox = Mailbox()
        _ = mailbox.receive(Sample.letter(1))
        let renamed = RoomID(adapter: AdapterID("irc:local"), name: "#crew")
        mailbox.move(from: Sample.room, to: renamed, keepsMessages: false)
        guard case .message(let stored, _) = mailbox.letters[0].content else { return #expect(Bool(false)) }
        #expect(stored.message.route.room == renamed && stored.message.thread.value == "#crew/alice")
    }

    @Test("stale messages are listed together, at the latest when there are many")
    func stale() {
        var mailbox = Mailbox()
        for number in 1..<Int64(Mailbox.staleLimit) { expectEqual(mailbox.putAside(Sample.message(number)), false) }
        #expect(!mailbox.isIdle)
        expectEqual(mailbox.putAside(Sample.message(Int64(Mailbox.staleLimit))), true)
        expectEqual(mailbox.takeStale().map(\.number), Array(1...Int64(Mailbox.staleLimit)))
        #expect(mailbox.isIdle && mailbox.takeStale().isEmpty)
    }
}
