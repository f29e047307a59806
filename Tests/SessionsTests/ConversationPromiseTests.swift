import Chat
import Etiquette
import Joining
import TestSupport
import Testing

@testable import Attention
@testable import Delivery
@testable import Files
@testable import Sessions
@testable import Surroundings
@testable import Threads

/// Words and limits of conversations on which people and their scripts rely. Their effects are tested elsewhere.
@Suite("What is promised of conversations")
struct ConversationPromiseTests {
    @Test(
        "a text reads as promised",
        arguments: [
            (TurnTexts.deletedByAuthor, "[deleted by its author]"),
            (
                FileTexts.notAvailable("a.mkv", .tooLarge(20 << 20)),
                "[file a.mkv not available: it is larger than 20 MiB]"
            ),
            (AskTexts.accessOptions.map(\.label).joined(separator: " "), "Member Guest Deny"),
            (AskRecord.Kind.access.rawValue, "access"),
            (TurnTexts.waiting(2), "I am still answering; 2 messages wait."),
            (SurroundingsTexts.late, "What was said here before could not be read in time; the next mention has it."),
            (
                SurroundingsTexts.missing("the scope channels:history"),
                "Not everything that was said here can be read: the scope channels:history"
            ),
            (
                CommandTexts.bareMention(isDirect: false, sign: CommandSign("!")),
                "Write your question after my name; `!help` lists what else I can do."
            ),
            (
                NoticeTexts.stranger(CommandSign("/"), isPairingAllowed: true, isAsked: true),
                "I do not know you, so I do not answer you yet. Ask an owner for a pairing code and send it here: "
                    + "`/pair CODE`. I have asked the owners, too."
            ),
        ])
    func texts(text: String, promised: String) { expectEqual(text, promised) }

    @Test("`context` says the number, span and authors of the lines, the files and images, and the tokens")
    func context() {
        func line(_ name: String, _ role: Role?, at time: Int64, files: Int = 0) -> TurnLine {
            let id = "slack:T1/\(name)"
            let author = Sender(id: id, identities: [Identity(id)], displayName: name)
            let files = (0..<files).map { Attachment(id: "\($0)", name: "\($0)", mediaType: nil, size: nil) }
            let said = SaidMessage(
                .said, author: author, name: name, sentAt: time, text: "deploy failed", attachments: files)
            return TurnLine(said, role: role, hasForeignWords: false)
        }
        let lines = [
            line("bob", .member, at: 1_700_000_000_000), line("carol", nil, at: 1_700_000_600_000, files: 2),
            line("bob", .member, at: 1_700_000_060_000),
        ]
        let text = ContextReport(state: .read, lines: lines, images: 1).text
        let tokens = lines.reduce(0) { $0 + LineCut.tokens(of: $1) }
        expectEqual(
            text,
            "For its last answer, the model was given, besides this conversation, 3 lines from 2023-11-14 22:13 to 2023-11-14 22:23 UTC by "
                + "bob (member), carol (no access), 2 files, 1 image, about \(tokens) tokens.")
    }

    @Test(
        "a limit is the promised one",
        arguments: [
            ("reading what was said, ms", Int64(BridgeSettings(publicURL: "").pastPatience / .milliseconds(1)), 1_500),
            ("age of what was said in a room, ms", LineCut.roomAge, 3_600_000),
            ("first words, characters", Int64(Preview.firstWords), 20),
            ("waiting for them, ms", Int64(Preview.wordsTime / .milliseconds(1)), 500),
            ("a closed room's answers wait, ms", LaneRefusals.patience, 86_400_000),
            ("open requests for access on a network", Int64(AccessAsking.limit), 3),
            ("requests of a stranger, every ms", StrangerBook.day, 86_400_000),
            ("an edit offers `redo` for, ms", RedoRules.offerTime, 60_000),
        ])
    func limits(what: String, value: Int64, promised: Int64) { expectEqual(value, promised, what) }

    @Test("a command has the promised name", arguments: ["context", "mute", "unmute", "redo", "stop", "help"])
    func commands(name: String) { expectEqual(CommandName(rawValue: name)?.rawValue, name) }

    @Test(
        "a word alone, in a thread where others talk, does what is promised",
        arguments: ["stop", "Stop!", "esc", "cancel", "halt", "arrête", "para", "停止", "やめて"].map { ($0, true) }
            + ["thanks", "danke", "merci", "ありがとう", "ok"].map { ($0, false) })
    func words(text: String, stops: Bool) {
        let adapter = AdapterID("slack:team")
        let message = InboundMessage(
            thread: ThreadKey(adapter: adapter, value: "C1/1"),
            route: Route(room: RoomID(adapter: adapter, name: "C1")),
            sender: Sender(id: "slack:T1/U1", identities: [], displayName: "alice"), text: text, sentAt: 0,
            isDirect: false, isAddressed: false, isThreaded: true)
        let situation = Situation(
            sign: "!", isPart: true, isMuted: false, isShared: true, isAsked: false, isBusy: true)
        expectEqual(
            Intent.determine(message, role: .member, in: situation),
            .intent(stops ? .command(.stop, argument: "") : .acknowledge))
    }

    @Test("`(aside)` and `!aside` are for nobody but people", arguments: ["(aside) he is late", "!aside he is late"])
    func aside(text: String) {
        let adapter = AdapterID("slack:team")
        let message = InboundMessage(
            thread: ThreadKey(adapter: adapter, value: "D1"), route: Route(room: RoomID(adapter: adapter, name: "D1")),
            sender: Sender(id: "slack:T1/U1", identities: [], displayName: "alice"), text: text, sentAt: 0,
            isDirect: true, isAddressed: true)
        expectEqual(
            Intent.determine(message, role: .owner, in: Situation(sign: "!", isMuted: false)),
            .intent(.ignore(Intent.aside)))
    }
}
