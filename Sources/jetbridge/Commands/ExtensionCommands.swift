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
            host asks. For a server that needs a sign-in it prints the page to open, within ten minutes and while the host \
            runs. Exits with status 1 if one of them can't be used.
            """,
        positionals: [
            PositionalSyntax("name", .text("NAME"), isOptional: true, help: "One extension; all by default.")
        ], examples: ["jetbridge extensions check", "jetbridge extensions check jira"])

    func run(_ context: CommandContext) async throws {
        let failed = try await context.withStore { store, configuration in
            Logging.configure(level: .error, format: .text) { _ in }
            let desk = try await ExtensionSetup.callingDesk(of: configuration, in: store)
            let names = try ExtensionWords.names(context, desk)
            var failed = 0
            for name in names {
                // What fails is in the report.
                var signIn: SignIn?
                do { try await desk.check(name) } catch let failure as ExtensionFailure {
                    failed += 1
                    if failure.kind == .unauthorized { signIn = try await Self.signIn(at: name, desk) }
                }
                let report = try await ExtensionSetup.report(desk).first { $0.name == name }
                guard let report else { continue }
                try Self.print(report, signIn, context)
                let remark = desk.settings.first { $0.name == name }?.startRemark
                if let remark, !context.isJSON { try context.print("  " + context.output.shown(remark)) }
            }
            await desk.stop()
            if names.isEmpty { try context.errors.writeLine("The configuration has no extensions.") }
            return failed
        }
        if failed > 0 { throw CommandFailure("\(failed.counted("extension")) can't be used; each line above says why") }
    }

    /// A page to open, or why there can't be one.
    private typealias SignIn = Result<ExtensionSignInPage, ExtensionFailure>

    private static func signIn(at name: String, _ desk: ExtensionDesk) async throws -> SignIn? {
        do {
            guard let signIn = desk.signIn(at: name) else { return nil }
            return .success(try await signIn.begin())
        } catch let failure as ExtensionFailure {
            return .failure(failure)
        }
    }

    private static func print(_ report: ExtensionReport, _ signIn: SignIn?, _ context: CommandContext) throws {
        guard !context.isJSON else {
            var members = report.json.objectValue ?? [:]
            if case .success(let page)? = signIn { members["sign_in"] = .string(page.address) }
            return try context.print(.object(members))
        }
        try context.print(ExtensionWords.plain(report.line))
        switch signIn {
        case .success(let page)?:
            try context.print("  " + context.output.shown(page.text))
            try context.print("  " + context.output.shown(page.address))
        case .failure(let failure)?: try context.print("  " + context.output.shown("\(failure)"))
        case nil: break
        }
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
