import Chat
import Compression
import Documents
import HTTP
import IRC
import JSON
import Kit
import Markdown
import Primitives

@testable import Gateway
@testable import Matrix
@testable import SignIn
@testable import Slack
@testable import SpecDocuments
@testable import Tasks
@testable import Telegram

/// What people, models and services write.
extension FuzzTarget {
    static func render(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        _ = Markdown.html(text)
        let renderers: [any MessageRenderer] = [
            SlackFormatting(), TelegramFormatting(), MatrixFormatting(), IRCFormatting(),
        ]
        for renderer in renderers {
            let rendered = renderer.render(text)
            for line in rendered.lines {
                precondition(line.range.upperBound <= rendered.bytes.count, "a line beyond the text")
            }
            let ends = rendered.marks.flatMap { [$0.range.lowerBound, $0.range.upperBound] }
            precondition(ends == ends.sorted() && ends.last ?? 0 <= rendered.bytes.count, "marks in no order")
        }
        _ = MatrixMarkup(text)
    }

    /// A document that is written again must not change.
    static func readDocument(_ bytes: [UInt8]) {
        let document = MarkdownDocument(bytes)
        precondition(document.written == bytes, "changed by writing")
    }

    static func readTasks(_ bytes: [UInt8]) {
        for item in TaskFile(bytes).items.prefix(20) {
            let key = TaskFile.Key(item)
            let file = TaskFile(bytes)
            _ = try? file.applying(TaskAction(key, .state, from: nil, to: ["done"]))
            _ = try? file.applying(TaskAction(key, .note, from: nil, to: ["note"]))
        }
    }

    static func readGraphQL(_ bytes: [UInt8]) {
        _ = try? GraphQLParser.parse(String(decoding: bytes, as: UTF8.self))
    }

    /// Two updates, cut where the first byte says, and what they make is encoded and read again.
    static func share(_ bytes: [UInt8]) {
        guard let first = bytes.first else { return }
        let rest = bytes.dropFirst()
        var text = SharedText()
        for piece in [rest.prefix(Int(first)), rest.dropFirst(Int(first))] {
            guard let update = try? TextUpdate(Array(piece)) else { continue }
            _ = try? text.apply(update)
        }
        _ = try? TextUpdate.stateVector(Array(rest))
        var copy = SharedText()
        guard let whole = try? TextUpdate(text.encode()), (try? copy.apply(whole)) != nil else { return }
        precondition(copy.text == text.text, "changed by encoding")
    }

    static func readArchive(_ bytes: [UInt8]) {
        var tar = TarReader()
        try? tar.take(bytes) { _ in }
        var gunzip = Gunzip()
        var size = 0
        struct Enough: Error {}
        try? gunzip.decompress(bytes) { piece in
            size += piece.count
            if size > 1 << 20 { throw Enough() }
        }
    }

    /// Each line is a frame of Slack's sockets or the body of a request.
    static func readSlack(_ bytes: [UInt8]) {
        let reader = SlackReader(
            adapter: AdapterID("slack:fuzz"), bot: SlackIdentity(team: "T1", user: "U1", bot: "B1"), commands: [])
        for line in bytes.split(separator: 0x0A) {
            _ = SlackFrame(String(decoding: line, as: UTF8.self))
            guard let payload = try? JSON.parse(Array(line)) else { continue }
            _ = reader.items(ofEvents: payload)
        }
    }

    /// Each line is an update.
    static func readTelegram(_ bytes: [UInt8]) {
        guard let url = try? HTTPURL("https://telegram.example") else { return }
        var machine = TelegramStateMachine(
            settings: TelegramSettings(id: "fuzz", token: Secret("1:x"), apiURL: url),
            memory: TelegramMemory(key: [1, 2, 3]))
        var now = AdapterTime(monotonic: 0, wall: 1_700_000_000_000)
        _ = machine.handle(.begin, at: now)
        for (ticket, line) in bytes.split(separator: 0x0A).enumerated() {
            guard let json = try? JSON.parse(Array(line)), let update = TelegramUpdate(json) else { continue }
            now.monotonic += 1
            _ = machine.handle(.update(ticket: ticket, update), at: now)
            _ = machine.handle(.time, at: now)
        }
    }

    /// Each line is the homeserver's answer to what the bot asks next.
    static func talkMatrix(_ bytes: [UInt8]) {
        guard let url = try? HTTPURL("https://matrix.example") else { return }
        var now = AdapterTime(monotonic: 0, wall: 1_700_000_000_000)
        let settings = MatrixSettings(
            id: "fuzz", homeserver: url, user: "@bot:s", credential: .accessToken(Secret("x")))
        var machine = MatrixStateMachine(settings: settings, at: now)
        var actions = machine.handle(.begin, at: now)
        for line in bytes.split(separator: 0x0A) {
            guard let json = try? JSON.parse(Array(line)) else { continue }
            now.monotonic += 1
            for action in actions {
                switch action {
                case .request(let request):
                    actions = machine.handle(.answer(request.purpose, .success(json)), at: now)
                case .aside(let request, _):
                    _ = machine.handle(.answerAside(request.purpose, .success(json)), at: now)
                case .wait: actions = machine.handle(.begin, at: now)
                default: break
                }
            }
            _ = MatrixSync(json)
        }
    }

    static func readToken(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        _ = try? IDToken(text)
        _ = (try? JSON.parse(bytes)).flatMap { IssuerKey($0) }
        // An address that was read reads the same again.
        guard let url = try? HTTPURL(text) else { return }
        precondition((try? HTTPURL(url.description))?.description == url.description, "another address")
    }
}
