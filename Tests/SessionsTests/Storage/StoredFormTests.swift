import Chat
import Store
import TestSupport
import Testing

@Suite("Stored form")
struct StoredFormTests {
    private static let adapter = AdapterID("slack:team")
    private static let sender = Sender(
        id: "slack:T1/U1", identities: [Identity("slack:T1/U1"), Identity("x*", comparison: .mask)], displayName: "A",
        isLasting: false)

    private static let full = InboundMessage(
        thread: ThreadKey(adapter: Self.adapter, value: "C1/1.2"),
        route: Route(
            room: RoomID(adapter: Self.adapter, name: "C1"), anchor: "1.2", addressee: "a", replyTo: "1.3",
            recipient: "T1/U1", commandPrefix: "/jetbridge ",
            mentions: [Mention(person: "T1/U1"), Mention(person: "T1/U2", name: "b")]),
        sender: Self.sender, text: "line\n\"two\"", sentAt: 7, isDirect: true, isAddressed: true, isMention: true,
        isReply: true, mentionsOthers: true, isThreaded: true, isBacklog: true, isStop: true,
        attachments: [
            Attachment(id: "F1", name: "a.png", mediaType: "image/png", size: 12),
            Attachment(id: "F2", name: "", isVoice: true),
        ])

    private static let bare = InboundMessage(
        thread: ThreadKey(adapter: Self.adapter, value: "C1"), route: Route(room: RoomID(adapter: adapter, name: "C1")),
        sender: Self.sender, text: "", sentAt: 0, isDirect: false, isAddressed: false)

    @Test("a message reads back as it was written", arguments: [Self.full, Self.bare])
    func message(_ message: InboundMessage) throws {
        let read = try StoredForm.message(from: StoredForm.text(of: message))
        expectEqual(read.thread, message.thread)
        expectEqual(read.route, message.route)
        expectEqual(read.sender, message.sender)
        expectEqual(read.text, message.text)
        expectEqual(read.sentAt, message.sentAt)
        #expect(read.isDirect == message.isDirect && read.isAddressed == message.isAddressed)
        #expect(read.isThreaded == message.isThreaded && read.isBacklog == message.isBacklog)
        #expect(read.isMention == message.isMention && read.isReply == message.isReply)
        #expect(read.mentionsOthers == message.mentionsOthers && read.isStop == message.isStop)
        expectEqual(read.attachments, message.attachments)
    }

    @Test("rows of an earlier release can be read, and damaged ones are an error")
    func earlier() throws {
        let old = """
            {"adapter":"irc:a","thread":"t","route":{"adapter":"irc:a","room":"#a","anchor":null,"addressee":null,\
            "replyTo":null},"sender":{"id":"x","name":"x","isBot":false,"isSelf":false,"isLasting":true,\
            "identities":[]},"text":"hi","sentAt":1,"isDirect":true,"isAddressed":false,"isBacklog":false}
            """
        let message = try StoredForm.message(from: old)
        #expect(message.attachments.isEmpty && !message.isThreaded && message.route.recipient == nil)
        #expect(!message.isMention && !message.isReply && !message.mentionsOthers && !message.isStop)
        let mention = try StoredForm.message(
            from: old.replacing(
                "\"isDirect\":true,\"isAddressed\":false", with: "\"isDirect\":false,\"isAddressed\":true"))
        #expect(mention.isAddressed && mention.isMention)
        #expect(throws: (any Error).self) { try StoredForm.message(from: "{}") }
        #expect(throws: (any Error).self) { try StoredForm.attachments(from: #"[{"id":"a"}]"#) }
    }
}
