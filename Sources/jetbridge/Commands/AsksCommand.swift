internal import Chat
internal import Host
internal import JSON
internal import Primitives
internal import Sessions
internal import Store
internal import Threads

struct AsksCommand: Command {
    let syntax = CommandSyntax(
        "asks", summary: "List what waits for a decision in any thread",
        discussion: "Each is answered with 'approve ID' or 'deny ID', in its thread or here.")

    func run(_ context: CommandContext) async throws {
        let now = WallClock.now()
        let asks = try await context.reading { ledger in try ledger.openAsks() }.filter { $0.expiresAt > now }
        guard !context.isJSON else { return try context.print(.array(asks.map(Self.json))) }
        if asks.isEmpty { try context.errors.writeLine("Nothing waits for a decision.") }
        for (index, ask) in asks.enumerated() {
            if index > 0 { try context.print("") }
            try context.print(context.output.shown("\(ask.session): \(ask.lead)"))
            guard ask.question != nil else { continue }
            for option in ask.options { try context.print(context.output.shown("  \(option.key)  \(option.label)")) }
        }
    }

    private static func json(_ ask: AskRecord) -> JSON {
        [
            "id": .string(ask.id), "thread_id": .string(ask.session), "kind": .string(ask.kind.rawValue),
            "text": .string(ask.text),
            "options": .array(ask.options.map { ["key": .string($0.key), "label": .string($0.label)] }),
            "expires_at": .string(CivilTime(milliseconds: ask.expiresAt).rfc3339Seconds),
        ]
    }
}

/// An answer to an ask, sent to the host that serves the data directory or, if none does, written to its store.
struct Decision {
    /// An option's key, letters, `yes`, `no` or `done`; empty for the words alone.
    let key: String
    let reason: String?

    func send(_ context: CommandContext) async throws {
        let configuration = try context.loadConfiguration()
        let id = (context.arguments.word("id") ?? "").lowercased()
        guard !id.isEmpty, id.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) }) else {
            throw CommandFailure(
                "'\(context.output.shown(id))' is not the ID of an open request. 'jetbridge asks' lists them.")
        }
        let user = context.user
        let decision = try await ChatHost.withServing(configuration, name: user, scopes: ["chat"]) {
            try await $0.answer(id, with: self.key, reason: self.reason)
        }
        if let decision {
            try self.report(id, decision["answer"]?.stringValue, decision["outcome"]?.stringValue ?? "", in: context)
        } else {
            let ask = try await context.withStore(configuration) { try await self.store(id, by: user, in: $0, $1) }
            try self.report(id, ask.answer, ask.outcome, in: context)
        }
    }

    /// Decides an ask while no host serves. The next start continues from there.
    private func store(
        _ id: String, by user: String, in store: SessionStore, _ configuration: Configuration
    ) async throws -> AskRecord {
        let answer = AskAnswer(
            ask: id, sender: .user(ofMachine: user), role: .owner, key: self.key, reason: self.reason)
        let audit = try await configuration.decisionAudit(in: store)
        switch try await store.answer(answer, at: WallClock.now(), audit: audit) {
        case .decided(let ask): return ask
        case .settled(let ask): throw CommandFailure("'\(id)' is closed: \(ask.outcome).")
        case .expired: throw CommandFailure("'\(id)' has expired. Ask again in the thread.")
        case .unknown: throw CommandFailure("there is no ask '\(id)'. 'jetbridge asks' lists the open ones.")
        case .noSuchAnswer(let ask):
            let keys = ask.options.map { "\($0.key) (\($0.label))" }.joined(separator: ", ")
            let how = keys.isEmpty ? "in words" : "with one of \(keys)"
            throw CommandFailure("that is no answer to '\(id)'. Answer \(how).")
        case .notAllowed, .altered:
            throw CommandFailure("'\(id)' cannot be decided. Ask again in the thread.")
        }
    }

    private func report(_ id: String, _ answer: String?, _ outcome: String, in context: CommandContext) throws {
        guard !context.isJSON else {
            return try context.print(
                ["id": .string(id), "answer": answer.map { .string($0) } ?? .null, "outcome": .string(outcome)])
        }
        try context.print(context.output.shown("\(id): \(outcome)"))
    }
}

struct ApproveCommand: Command {
    let syntax = CommandSyntax(
        "approve", summary: "Approve what waits for a decision, or answer a question",
        positionals: [
            PositionalSyntax("id", .text("ID"), help: "As 'asks' prints it."),
            PositionalSyntax(
                "answer", .text("ANSWER"), isOptional: true, isRepeated: true,
                help: "The letter of an option, letters of several approvals such as A,C, 'always', or your own words; "
                    + "by default the recommended one."),
        ], examples: ["jetbridge approve a7", "jetbridge approve a8 B"])

    func run(_ context: CommandContext) async throws {
        let words = context.arguments.words("answer").joined(separator: " ")
        let decision =
            words.isEmpty || AskRecord.isKey(words)
            ? Decision(key: words.isEmpty ? "yes" : words, reason: nil) : Decision(key: "", reason: words)
        try await decision.send(context)
    }
}

struct DenyCommand: Command {
    let syntax = CommandSyntax(
        "deny", summary: "Deny what waits for a decision",
        positionals: [
            PositionalSyntax("id", .text("ID"), help: "As 'asks' prints it."),
            PositionalSyntax(
                "reason", .text("REASON"), isOptional: true, isRepeated: true,
                help: "Shown in the thread and told to the model; several words are joined with spaces."),
        ], examples: ["jetbridge deny a7 not on a Friday"])

    func run(_ context: CommandContext) async throws {
        let reason = context.arguments.words("reason").joined(separator: " ")
        try await Decision(key: "no", reason: reason.isEmpty ? nil : reason).send(context)
    }
}
