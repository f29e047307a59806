internal import Glibc
internal import Host
internal import JSON
internal import Lifecycle

struct ChatCommand: Command {
    let watchesSignals = true
    let syntax = CommandSyntax(
        "chat", summary: "Chat with the model in this terminal",
        discussion: """
            Without a message, starts a conversation: answers stream, Ctrl-C stops the answer or clears the line, and \
            Ctrl-D ends the conversation. On a terminal, lines can be edited, the arrow keys recall earlier messages, \
            Tab completes commands, a pasted text is one message, and Markdown is rendered unless NO_COLOR is set; what \
            is typed while an answer is rendered appears at the next prompt. What the host asks meanwhile is shown whole and \
            answered by a letter, yes or no; commands such as /status work there, too. With a message, prints one \
            answer, which suits scripts; piped input is appended to the message.
            """,
        positionals: [
            PositionalSyntax(
                "message", .text("MESSAGE"), isOptional: true, isRepeated: true,
                help: "The message; several words are joined with spaces.")
        ],
        options: [OptionSyntax("model", .text("NAME"), help: "Use this model instead of the configured one.")],
        examples: ["jetbridge chat", "git diff | jetbridge chat what does this change"])

    /// In bytes of piped input.
    private static let inputLimit = 1 << 20

    func run(_ context: CommandContext) async throws {
        let configuration = try context.loadConfiguration()
        let input = StandardInput()
        let message = try await Self.message(context, input)
        let model = context.arguments.value("model")
        let interrupts = Interrupts()
        let watch = try await interrupts.watch()
        try await ChatHost.withLink(configuration, interrupts: interrupts, isLong: message == nil) { link, thread in
            let talk = ChatTalk(link: link, thread: thread, context: context, interrupts: interrupts)
            if let model { try await Self.choose(model, in: thread, link) }
            let chat = ChatInput(
                input, errors: context.errors, environment: context.surroundings.environment,
                historyPath: "\(configuration.dataDirectory)/chat.history")
            if let message {
                try await talk.answer(message, asking: context.isJSON ? nil : chat.editor)
            } else {
                try await talk.converse(chat)
            }
        }
        await watch.cancel()
    }

    /// The message to send; nil for a conversation.
    private static func message(_ context: CommandContext, _ input: StandardInput) async throws -> String? {
        let words = context.arguments.words("message").joined(separator: " ")
        if input.isTerminal { return words.isEmpty ? nil : words }
        // Input that is open but idle must not hold up a message on the command line.
        let isFed = words.isEmpty ? true : await input.isReady(within: 1_000)
        let piped = isFed ? await input.all(upTo: Self.inputLimit) : ""
        let text = [words, piped].filter { !$0.isEmpty }.joined(separator: "\n\n")
        guard !text.isEmpty else {
            throw CommandFailure("there is no message. Add one as an argument or through a pipe.")
        }
        return text
    }

    private static func choose(_ model: String, in thread: String, _ link: ChatLink) async throws {
        var reply = ""
        _ = try await link.ask("/model \(model)", in: thread) { frame in if frame.isLast { reply = frame.content } }
        // A name without its provider's id is enough where it is unique.
        let isChosen = try await link.models().contains { name in
            (name == model || name.hasSuffix("/\(model)")) && reply.hasSuffix(" uses `\(name)`.")
        }
        guard isChosen else { throw CommandFailure(reply) }
    }
}
