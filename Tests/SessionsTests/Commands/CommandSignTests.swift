import Chat
import TestSupport
import Testing

@testable import Sessions
@testable import Threads

@Suite("The command sign of a room", .timeLimit(.minutes(1)))
struct CommandSignTests {
    /// IRC and Matrix, Telegram and the web, Slack.
    static let signs = [CommandSign("!"), CommandSign("/"), CommandSign("/", prefix: "@jetbridge ")]

    @Test("every text that names a command shows it as people type it there", arguments: CommandSignTests.signs)
    func everywhere(sign: CommandSign) async throws {
        let worker = ScriptedWorker(
            [.hold, .event(.text("Begun."))], [.event(.notice("Waiting; `models` lists others.")), .cut("see `new`")],
            [.fail("There is no model “x”; `models` lists them, `model NAME` chooses one. See `config/models.yaml`.")])
        let harness = try await BridgeHarness(
            traits: RoomTraits(
                textLimit: 4_000, textUnit: .bytes, commandSign: sign.character, commandPrefix: sign.prefix),
            worker: worker,
            settings: BridgeSettings(publicURL: "http://127.0.0.1:8787", queueLimit: 1, repositories: ["notes"]))
        _ = try await harness.bridge.submit(harness.adapter.event("1", from: "gina", thread: "alice"))
        for text in ["2", "\(sign.character)specify a page", "\(sign.character)stop"] {
            _ = try await harness.ask(text)
        }
        try await harness.settle()
        for text in ["4", "\(sign.character)resume"] {
            _ = try await harness.ask(text)
            try await harness.settle()
        }
        for name in CommandName.allCases.map(\.rawValue) + ["model huge", "help stop", "help stpo", "halp"] {
            _ = try await harness.ask("\(sign.character)\(name)", from: name == "specify" ? "gina" : "alice")
        }
        try await harness.settle()
        let texts = harness.adapter.texts
        let named = texts.flatMap(Self.commands)
        expectEqual(named.filter { !$0.hasPrefix(sign.prefix) }, [])
        for command in [
            "stop all", "resume", "models", "model NAME", "new", "help", "pair", "model [name]", "stop [all]",
        ] {
            #expect(named.contains("\(sign.prefix)\(command)"), "\(command): \(texts)")
        }
        #expect(texts.contains { $0.contains("`config/models.yaml`") })
    }

    @Test("help shows commands in the form in which it was asked for")
    func formUsed() async throws {
        let sign = CommandSign("/", prefix: "@jetbridge ")
        let harness = try await BridgeHarness(
            traits: RoomTraits(
                textLimit: 11_400, textUnit: .bytes, commandSign: sign.character, commandPrefix: sign.prefix),
            worker: ScriptedWorker())
        let room = RoomID(adapter: harness.adapter.id, name: "alice")
        for (number, prefix) in ["/jetbridge ", nil].enumerated() {
            let asked = try #require(harness.adapter.event("/help").message)
            let message = InboundMessage(
                thread: asked.thread, route: Route(room: room, commandPrefix: prefix), sender: asked.sender,
                text: asked.text, sentAt: 0, isDirect: true, isAddressed: true)
            _ = try await harness.bridge.submit(
                InboundEvent(id: "form\(number)", adapter: harness.adapter.id, kind: .message(message)))
            try await harness.settle()
            let named = Self.commands(in: try #require(harness.adapter.texts.last))
            #expect(named.count > 5)
            #expect(named.allSatisfy { $0.hasPrefix(prefix ?? sign.prefix) }, "\(named)")
        }
    }

    @Test(
        "only code that begins with an offered command gets the sign",
        arguments: [
            ("choose with `model NAME` or `models`.", "choose with `!model NAME` or `!models`."),
            ("set `model.provider`; run `jetbridge models`", "set `model.provider`; run `jetbridge models`"),
            ("`!new` has it, `deploy` is not offered", "`!new` has it, `deploy` is not offered"),
            ("an open ` model", "an open ` model"), ("```\nnew\n``` and `new`", "```\nnew\n``` and `new`"),
        ])
    func completing(text: String, expected: String) {
        expectEqual(CommandSign("!").completing(text), expected)
    }

    /// The spans of code that name an offered command, with or without a sign.
    private static func commands(in text: String) -> [String] {
        text.split(separator: "`", omittingEmptySubsequences: false).enumerated().compactMap { index, part in
            guard !index.isMultiple(of: 2) else { return nil }
            let words = part.replacing("@jetbridge ", with: "").replacing("/jetbridge ", with: "").drop {
                $0 == "/" || $0 == "!"
            }
            return CommandName(rawValue: String(words.prefix { $0 != " " })) == nil ? nil : String(part)
        }
    }
}
