internal import Chat
internal import Host
internal import JSON
internal import Matrix
internal import Primitives

struct MatrixStatusCommand: Command {
    let syntax = CommandSyntax(
        "matrix", "status", summary: "Show a Matrix connection's device, identity, backup and keys",
        discussion: """
            Prints one line for each fact, with what to do if something is wrong, also while a host serves. Exits with status \
            1 if people cannot talk to the bot in encrypted rooms.
            """, options: [.matrixAdapter])

    func run(_ context: CommandContext) async throws {
        let matrix = try context.matrix()
        let findings = await matrix.status()
        for finding in findings {
            guard context.isJSON else {
                let mark = context.output.mark(Finding.State(finding.severity))
                try context.print("\(mark) \(context.output.shown(finding.text))")
                continue
            }
            try context.print([
                "adapter": .string(matrix.adapter), "state": .string(finding.severity.rawValue),
                "detail": .string(finding.text),
            ])
        }
        if findings.contains(where: { $0.severity == .failed }) { throw CommandFailure(nil) }
    }
}

struct MatrixVerifyCommand: Command {
    let syntax = CommandSyntax(
        "matrix", "verify", summary: "Compare emoji with somebody's devices, over the host that serves",
        discussion: """
            Does the same as the command 'verify' in a direct message. Emoji that are compared here cannot be changed by \
            whoever runs the homeserver. Without an argument it shows the verification that waits: one begins when somebody \
            verifies the bot in their client, or when this command names them.
            """,
        positionals: [
            PositionalSyntax(
                "words", .text("WORDS"), isOptional: true, isRepeated: true,
                help: "USER to begin with that person, such as @alice:example.org; yes or no after the comparison; "
                    + "trust USER to accept that somebody's identity has changed.")
        ], options: [.matrixAdapter],
        examples: [
            "jetbridge matrix verify @alice:example.org", "jetbridge matrix verify", "jetbridge matrix verify yes",
        ])

    func run(_ context: CommandContext) async throws {
        let configuration = try context.loadConfiguration()
        let matrix = try MatrixAdministration(configuration, adapter: context.arguments.value("adapter"))
        let words = context.arguments.words("words").joined(separator: " ")
        let reply = try await ChatHost.withServing(configuration, name: context.user) { link in
            let thread = try await link.newThread()
            var reply = ""
            _ = try await link.ask("/verify \(matrix.adapter) \(words)", in: thread) { frame in
                if frame.isLast { reply = frame.content }
            }
            // It is of no use to anybody later.
            try? await link.delete(thread)
            return reply
        }
        guard let reply else {
            throw CommandFailure(
                "no host serves the data directory \(configuration.dataDirectory). Start it with 'jetbridge serve', then "
                    + "run this again, or send 'verify' to the bot in a direct message.")
        }
        try self.report(reply, of: matrix.adapter, in: context)
    }

    private func report(_ reply: String, of adapter: String, in context: CommandContext) throws {
        guard !context.isJSON else { return try context.print(["adapter": .string(adapter), "reply": .string(reply)]) }
        try context.print(context.output.note(Self.plain(reply)))
    }

    /// A reply without bold, and with the command as it is typed here.
    static func plain(_ reply: String) -> String {
        reply.replacing("**", with: "").replacing("`/verify", with: "`jetbridge matrix verify")
    }
}

struct MatrixResetCommand: Command {
    let syntax = CommandSyntax(
        "matrix", "reset", summary: "Give the bot's account a new identity, when the old one is lost",
        discussion: """
            Makes new cross-signing keys, a new secret storage and a new backup, and signs the device with them. Everybody who \
            has verified the bot is told that its identity has changed, and old messages in the old backup become unreadable. \
            Needs the account's password in the configuration, and --yes. Stop the host first, in a cluster all hosts.
            """,
        options: [.matrixAdapter, OptionSyntax("yes", help: "Do it: the old identity cannot be brought back.")],
        examples: ["jetbridge matrix reset --yes"])

    func run(_ context: CommandContext) async throws {
        let matrix = try context.matrix()
        guard context.arguments.has("yes") else {
            throw UsageError(
                message: "'matrix reset' replaces the identity of \(matrix.adapter) for good; add --yes to do it",
                path: context.path)
        }
        let text = try await matrix.reset()
        guard !context.isJSON else {
            return try context.print(["adapter": .string(matrix.adapter), "reset": true, "detail": .string(text)])
        }
        try context.print(context.output.shown(text))
    }
}

struct MatrixRecoveryKeyCommand: Command {
    let syntax = CommandSyntax(
        "matrix", "recovery-key", summary: "Make the recovery key of the bot's account",
        discussion: """
            Writes a new key into the file of encryption.recovery_key, readable by its owner only, unless the file exists. \
            With it, a host whose data directory was lost keeps its identity and can read old messages. Keep a copy elsewhere. In a \
            cluster, copy the file to all hosts.
            """, options: [.matrixAdapter])

    func run(_ context: CommandContext) async throws {
        let matrix = try context.matrix()
        let (path, isNew) = try matrix.makeRecoveryKey()
        guard !context.isJSON else {
            return try context.print([
                "adapter": .string(matrix.adapter), "path": .string(path), "created": .bool(isNew),
            ])
        }
        guard isNew else { return try context.print("\(path) exists already and was not changed.") }
        try context.print("Made the recovery key \(path). Keep a copy of the file in another place.")
        try context.print(
            "Restart the host: it then stores the keys of \(matrix.adapter) on the server, locked with it.")
    }
}

extension OptionSyntax {
    fileprivate static let matrixAdapter = OptionSyntax(
        "adapter", .text("ID"), help: "The connection's id in adapters.matrix; not needed if there is only one.")
}

extension CommandContext {
    fileprivate func matrix() throws -> MatrixAdministration {
        let configuration = try self.loadConfiguration()
        return try MatrixAdministration(configuration, adapter: self.arguments.value("adapter"))
    }
}
