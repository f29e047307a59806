internal import Host
internal import JSON
internal import Logging
internal import Sessions

/// An answer to an ask, sent to the host that serves the data directory or, if none does, written to its store.
struct Decision {
    /// An option's key, letters, `yes`, `no` or `done`; empty for the words alone.
    let key: String
    let reason: String?

    func send(_ context: CommandContext) async throws {
        let configuration = try context.loadConfiguration()
        // The command reports failures itself, in one line.
        Logging.configure(level: .error, format: .text)
        let id = (context.arguments.word("id") ?? "").lowercased()
        guard !id.isEmpty, id.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) }) else {
            throw CommandFailure("'\(context.output.shown(id))' is no id of an ask. 'jetbridge asks' lists them.")
        }
        let user = context.surroundings.environment["USER"] ?? context.surroundings.environment["LOGNAME"] ?? "the host"
        let directory = try DataDirectory(path: configuration.dataDirectory)
        if directory.servingHost != nil, let address = directory.read("gateway.address") {
            try await ChatHost.withToken(configuration, name: user) { token in
                let link = try ChatLink(address: address, token: token)
                let decision = try await link.answer(id, with: self.key, reason: self.reason)
                await link.close()
                try self.report(
                    id, decision["answer"]?.stringValue, decision["outcome"]?.stringValue ?? "", in: context)
            }
        } else {
            let ask = try await context.administering {
                try await $0.answer(id, with: self.key, reason: self.reason, as: user)
            }
            try self.report(id, ask.answer, ask.outcome, in: context)
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
