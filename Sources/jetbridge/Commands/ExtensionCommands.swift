internal import Extensions
internal import Host
internal import JSON
internal import Logging
internal import Primitives
internal import Store

struct ExtensionsListCommand: Command {
    let syntax = CommandSyntax(
        "extensions", "list", summary: "List the extensions and what models get of them",
        discussion: """
            One line each: how it is approved, its era of the protocol, tools offered and listed, tokens that they take of \
            each request, and what to do. Starts nothing; see docs/extensions.md.
            """)

    func run(_ context: CommandContext) async throws {
        let reports = try await context.withStore { store, configuration in
            try await ExtensionSetup.report(try ExtensionSetup.desk(of: configuration, in: store))
        }
        guard !context.isJSON else { return try context.print(["items": .array(reports.map(\.json))]) }
        guard !reports.isEmpty else { return try context.print("The configuration has no extensions.") }
        let rows = reports.map { report in
            [
                report.name, report.approval, report.era?.rawValue ?? "-",
                "\(report.offered) of \(report.listed.counted("tool"))", "\(report.tokens) tokens",
            ]
        }
        for (line, report) in zip(TextTable.lines(rows), reports) {
            try context.print(line)
            if let todo = report.todo { try context.print("  \(ExtensionWords.plain(todo))") }
        }
    }
}

struct ExtensionsCheckCommand: Command {
    let syntax = CommandSyntax(
        "extensions", "check", summary: "Start extensions in their jails and say how they are",
        discussion: """
            Reads their lists and compares them with what owners have approved; what is new waits for an owner, whom the \
            host asks. Exits with status 1 if one of them can't be used.
            """,
        positionals: [
            PositionalSyntax("name", .text("NAME"), isOptional: true, help: "One extension; all by default.")
        ], examples: ["jetbridge extensions check", "jetbridge extensions check jira"])

    func run(_ context: CommandContext) async throws {
        let failed = try await context.withStore { store, configuration in
            Logging.configure(level: .error, format: .text) { _ in }
            let desk = try ExtensionSetup.desk(of: configuration, in: store)
            let names = try ExtensionWords.names(context, desk)
            var failed = 0
            for name in names {
                // What fails is in the report.
                do { try await desk.check(name) } catch is ExtensionFailure { failed += 1 }
                let report = try await ExtensionSetup.report(desk).first { $0.name == name }
                guard let report else { continue }
                try context.isJSON
                    ? context.print(report.json) : context.print(ExtensionWords.plain(report.line))
            }
            await desk.stop()
            if names.isEmpty { try context.errors.writeLine("The configuration has no extensions.") }
            return failed
        }
        if failed > 0 { throw CommandFailure("\(failed.counted("extension")) can't be used; each line above says why") }
    }
}

struct ExtensionsToolsCommand: Command {
    let syntax = CommandSyntax(
        "extensions", "tools", summary: "Print every word of the lists that extensions offer",
        discussion: """
            As they were last read by the host or by 'extensions check': what an owner approves, and models get only then.
            """,
        positionals: [
            PositionalSyntax("name", .text("NAME"), isOptional: true, help: "One extension; all by default.")
        ], examples: ["jetbridge extensions tools jira", "jetbridge extensions tools jira --json"])

    func run(_ context: CommandContext) async throws {
        try await context.withStore { store, configuration in
            let desk = try ExtensionSetup.desk(of: configuration, in: store)
            let names = try ExtensionWords.names(context, desk)
            let lists = try await desk.shown().filter { names.contains($0.name) }
            guard !context.isJSON else { return try context.print(["items": .array(lists.map(\.json))]) }
            if lists.isEmpty {
                try context.errors.writeLine("No list was read yet. 'jetbridge extensions check' reads them.")
            }
            for (index, list) in lists.enumerated() {
                if index > 0 { try context.print("") }
                try context.print(context.output.shown("\(list.name), \(list.state), SHA-256 \(list.digest)"))
                try context.print(context.output.shown(list.markdown))
            }
        }
    }
}

private enum ExtensionWords {
    /// The one that is named, or all.
    static func names(_ context: CommandContext, _ desk: ExtensionDesk) throws -> [String] {
        let all = desk.settings.map(\.name)
        guard let name = context.arguments.word("name") else { return all }
        guard all.contains(name) else {
            let hint = nearest(to: name, among: all).map { "; did you mean '\($0)'?" } ?? ""
            throw CommandFailure("the configuration has no extension '\(VisibleText.strictLine(name))'\(hint)")
        }
        return [name]
    }

    /// Markdown of one line as plain text.
    static func plain(_ text: String) -> String { text.replacing("``", with: "\"").replacing("`", with: "'") }
}
