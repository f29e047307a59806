internal import HTTP
internal import Host
internal import JSON
internal import Primitives

struct HooksCommand: Command {
    let syntax = CommandSyntax(
        "hooks", summary: "List the hooks and how each fares",
        discussion: """
            Columns: name, state (ok, failing, gone), deliveries that wait, deliveries given up, address, last error. Needs \
            a running host; see docs/hooks.md.
            """, examples: ["jetbridge hooks", "jetbridge hooks --json"])

    func run(_ context: CommandContext) async throws {
        let hooks = try await context.asking(.get, "")["items"]?.arrayValue ?? []
        guard !context.isJSON else { return try context.print(.array(hooks)) }
        if hooks.isEmpty { try context.errors.writeLine("The configuration has no hooks; see docs/hooks.md.") }
        let rows = hooks.map { hook in
            [
                hook["name"]?.stringValue ?? "", hook["state"]?.stringValue ?? "",
                "\(hook["waiting"]?.intValue ?? 0) waiting", "\(hook["given_up"]?.intValue ?? 0) given up",
                hook["address"]?.stringValue ?? "", hook["last_delivery"]?["error"]?.stringValue ?? "",
            ].map { VisibleText.strictLine($0) }
        }
        for line in TextTable.lines(rows) { try context.print(line) }
    }
}

struct HookDeliveriesCommand: Command {
    let syntax = CommandSyntax(
        "hooks", "deliveries", summary: "List a hook's last deliveries, newest first",
        discussion: "Columns: ID, event, state, tries, status, when it was tried, when it is next, error.",
        positionals: [.hook], examples: ["jetbridge hooks deliveries ci"])

    func run(_ context: CommandContext) async throws {
        let deliveries = try await context.asking(.get, "\(context.hook)/deliveries")["items"]?.arrayValue ?? []
        guard !context.isJSON else { return try context.print(.array(deliveries)) }
        for line in TextTable.lines(deliveries.map(\.deliveryRow)) { try context.print(line) }
    }
}

struct HookResendCommand: Command {
    let syntax = CommandSyntax(
        "hooks", "resend", summary: "Send a delivery again, at once",
        positionals: [
            PositionalSyntax("id", .text("ID"), help: "As 'hooks deliveries' prints it, or as a receiver got it.")
        ],
        examples: ["jetbridge hooks resend ci-0f3c9a2b7d5e4c1f8a6b"])

    func run(_ context: CommandContext) async throws {
        // An id begins with the hook's name.
        let id = context.arguments.word("id") ?? ""
        let name = id.split(separator: "-").dropLast().joined(separator: "-")
        guard !name.isEmpty else {
            throw CommandFailure("there is no delivery \(id): 'jetbridge hooks deliveries' lists them")
        }
        try await context.report("\(name)/deliveries/\(id)/resend")
    }
}

struct HookTestCommand: Command {
    let syntax = CommandSyntax(
        "hooks", "test", summary: "Send a 'ping' to a hook and say what became of it", positionals: [.hook],
        examples: ["jetbridge hooks test ci"])

    func run(_ context: CommandContext) async throws { try await context.report("\(context.hook)/test") }
}

extension PositionalSyntax {
    fileprivate static let hook = PositionalSyntax("name", .text("NAME"), help: "The hook's name in the configuration.")
}

extension JSON {
    /// Of a delivery.
    fileprivate var deliveryRow: [String] {
        func time(_ key: String) -> String { self[key]?.stringValue ?? "-" }
        let tries = self["tries"]?.intValue ?? 0
        return [
            self["id"]?.stringValue ?? "", self["event"]?.stringValue ?? "", self["state"]?.stringValue ?? "",
            tries == 1 ? "1 try" : "\(tries) tries", self["status"]?.intValue.map(String.init) ?? "-",
            time("tried_at"), time("next_try"), self["error"]?.stringValue ?? "",
        ].map { VisibleText.strictLine($0) }
    }
}

extension CommandContext {
    fileprivate var hook: String { self.arguments.word("name") ?? "" }

    /// Asks the host that serves the data directory.
    fileprivate func asking(_ method: HTTPMethod, _ path: String) async throws -> JSON {
        let configuration = try self.loadConfiguration()
        let answer = try await ChatHost.withServing(configuration, name: self.user) { try await $0.hooks(method, path) }
        guard let answer else {
            throw CommandFailure("no host serves \(configuration.dataDirectory); start it with 'jetbridge serve'")
        }
        return answer
    }

    /// Lets a delivery be sent, and fails if it was not taken.
    fileprivate func report(_ path: String) async throws {
        let delivery = try await self.asking(.post, path)
        if self.isJSON {
            try self.print(delivery)
        } else {
            for line in TextTable.lines([delivery.deliveryRow]) { try self.print(line) }
        }
        guard delivery["state"]?.stringValue != "delivered" else { return }
        throw CommandFailure(
            VisibleText.strictLine(delivery["error"]?.stringValue ?? "nobody has sent it yet; see 'hooks deliveries'"))
    }
}
