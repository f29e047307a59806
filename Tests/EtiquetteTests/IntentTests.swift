import Chat
import Etiquette
import Testing
import Threads

@Suite("Intent")
struct IntentTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let text: String
        var isDirect = false
        var isAddressed = false
        var isBot = false
        var isSelf = false
        var role: Role? = .member
        let intent: Intent
        var testDescription: String {
            "\(self.text) direct=\(self.isDirect) addressed=\(self.isAddressed) role=\(String(describing: self.role))"
        }
    }

    static let rows: [Row] = [
        Row(text: "hello", isDirect: true, intent: .chat("hello")),
        Row(text: "hello", isAddressed: true, intent: .chat("hello")),
        Row(text: "hello", intent: .ignore("not addressed")),
        Row(text: "  !help  ", isDirect: true, intent: .command(.help, argument: "")),
        Row(
            text: "!specify a login page\nwith a second line",
            intent: .command(.specify, argument: "a login page\nwith a second line")),
        Row(text: "!HELP stop", isDirect: true, intent: .command(.help, argument: "stop")),
        Row(text: "!frobnicate now", isDirect: true, intent: .unknownCommand("frobnicate")),
        Row(text: "!frobnicate now", intent: .ignore("not addressed")),
        Row(text: "!!", isDirect: true, intent: .chat("!!")),
        Row(text: "! wow", isDirect: true, intent: .chat("! wow")),
        Row(text: "!usr/bin is a path", isDirect: true, intent: .chat("!usr/bin is a path")),
        Row(text: " \n ", isDirect: true, intent: .ignore("empty")),
        Row(text: "hello", isDirect: true, isBot: true, intent: .ignore("bot")),
        Row(text: "hello", isDirect: true, isSelf: true, intent: .ignore("self")),
        Row(text: "hello", isDirect: true, role: nil, intent: .ignore("stranger")),
        Row(text: "!help", isDirect: true, role: nil, intent: .ignore("stranger")),
        Row(text: "!pair ABCD-EFG2", isDirect: true, role: nil, intent: .command(.pair, argument: "ABCD-EFG2")),
        Row(
            text: "pair ABCD-EFG2", isDirect: true, role: nil, intent: .command(.pair, argument: "ABCD-EFG2")),
        Row(text: "pair ABCD-EFG2", isDirect: true, intent: .command(.pair, argument: "ABCD-EFG2")),
        Row(text: "link ABCD-EFG2", isDirect: true, intent: .command(.link, argument: "ABCD-EFG2")),
        Row(text: "Link", isDirect: true, intent: .command(.link, argument: "")),
        Row(text: "link?", isDirect: true, intent: .chat("link?")),
        Row(text: "link ABCD-EFG2 to it", isDirect: true, intent: .chat("link ABCD-EFG2 to it")),
        Row(text: "link ABCD-EFG2", isAddressed: true, intent: .chat("link ABCD-EFG2")),
        // A line says how to get access; a wrong code would be met with silence.
        Row(text: "link ABCD-EFG2", isDirect: true, role: nil, intent: .ignore("stranger")),
        Row(text: "!link ABCD-EFG2", isDirect: true, role: nil, intent: .ignore("stranger")),
        Row(text: "!pair ABCD-EFG2", isAddressed: true, role: nil, intent: .ignore("stranger")),
    ]

    @Test("the intent depends only on the message and the role", arguments: Self.rows)
    func determine(row: Row) {
        let adapter = AdapterID("irc:local")
        let message = InboundMessage(
            thread: ThreadKey(adapter: adapter, value: "t"), route: Route(room: RoomID(adapter: adapter, name: "#a")),
            sender: Sender(id: "x", identities: [], displayName: "x", isBot: row.isBot, isSelf: row.isSelf),
            text: row.text, sentAt: 0, isDirect: row.isDirect, isAddressed: row.isAddressed)
        #expect(Intent.ofStored(message, role: row.role, sign: "!", isPairingAllowed: true) == row.intent)
    }

    @Test("files without text also count as a question")
    func files() {
        let adapter = AdapterID("irc:local")
        let message = InboundMessage(
            thread: ThreadKey(adapter: adapter, value: "t"), route: Route(room: RoomID(adapter: adapter, name: "#a")),
            sender: Sender(id: "x", identities: [], displayName: "x"), text: " ", sentAt: 0, isDirect: true,
            isAddressed: false, attachments: [Attachment(id: "1", name: "a.txt")])
        #expect(Intent.ofStored(message, role: .guest, sign: "!", isPairingAllowed: true) == .chat(""))
        #expect(Intent.ofStored(message, role: nil, sign: "!", isPairingAllowed: true) == .ignore("stranger"))
    }

    @Test("with pairing switched off a stranger's code is ignored")
    func pairingOff() {
        let adapter = AdapterID("irc:local")
        let message = InboundMessage(
            thread: ThreadKey(adapter: adapter, value: "t"), route: Route(room: RoomID(adapter: adapter, name: "a")),
            sender: Sender(id: "x", identities: [], displayName: "x"), text: "!pair ABCD-EFG2", sentAt: 0,
            isDirect: true, isAddressed: true)
        #expect(Intent.ofStored(message, role: nil, sign: "!", isPairingAllowed: false) == .ignore("stranger"))
    }
}
