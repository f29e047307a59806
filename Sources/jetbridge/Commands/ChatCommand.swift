internal import Glibc
internal import Host
internal import JSON
internal import Lifecycle
internal import Logging

struct ChatCommand: Command {
    let syntax = CommandSyntax(
        "chat", summary: "Talk to the model here",
        discussion: """
            Without a message a conversation begins: the answers stream, an interrupt stops one, and the end of input \
            ends the conversation. With a message there is one answer, which suits scripts; what comes through a pipe \
            is added to the message.
            """,
        positionals: [
            PositionalSyntax(
                "message", .text("MESSAGE"), isOptional: true, isRepeated: true,
                help: "What to ask; words are joined by spaces.")
        ],
        options: [OptionSyntax("model", .text("NAME"), help: "Ask this model rather than the configured one.")],
        examples: ["jetbridge chat", "git diff | jetbridge chat what does this change"])

    /// What may come through a pipe beside a message.
    private static let inputLimit = 1 << 20

    func run(_ context: CommandContext) async throws {
        guard let configuration = try context.loadConfiguration().configuration else { return }
        // What goes wrong is told as an answer.
        Logging.configure(level: .error, format: .text)
        let input = StandardInput()
        let message = try await Self.message(context, input)
        let model = context.arguments.value("model")
        let interrupts = Interrupts()
        let watch = try await interrupts.watch()
        try await ChatHost.withLink(configuration) { link in
            let thread = try await link.newThread()
            let talk = ChatTalk(link: link, thread: thread, context: context, interrupts: interrupts)
            if let model { try await Self.choose(model, in: thread, link) }
            if let message {
                try await talk.answer(message)
            } else {
                try await talk.converse(input)
            }
        }
        await watch.cancel()
    }

    /// What to ask at once; nil for a conversation.
    private static func message(_ context: CommandContext, _ input: StandardInput) async throws -> String? {
        let words = context.arguments.words("message").joined(separator: " ")
        if input.isTerminal { return words.isEmpty ? nil : words }
        // Whoever gives a message and leaves the input open wants an answer all the same.
        let isFed = words.isEmpty ? true : await input.isReady(within: 1_000)
        let piped = isFed ? await input.all(upTo: Self.inputLimit) : ""
        let text = [words, piped].filter { !$0.isEmpty }.joined(separator: "\n\n")
        guard !text.isEmpty else {
            throw CommandFailure("there is nothing to ask. Give a message, or something through a pipe.")
        }
        return text
    }

    private static func choose(_ model: String, in thread: String, _ link: ChatLink) async throws {
        var reply = ""
        _ = try await link.ask("/model \(model)", in: thread) { frame in if frame.isLast { reply = frame.content } }
        guard reply.hasPrefix("From now on") else { throw CommandFailure(reply) }
    }
}
