internal import Host
internal import Specs

struct SpecCheckCommand: Command {
    let syntax = CommandSyntax(
        "spec", "check", summary: "Check specifications, plans and tasks against the rules",
        discussion: """
            Reads the documents of a repository in the layout of github/spec-kit, of one feature's folder, or one file, and \
            prints what is missing or contradictory: stories without scenarios, requirements without tasks, placeholders, \
            circles, broken links. Needs no configuration, asks no model and changes nothing. Exits with status 1 if there \
            is an error; warnings alone give 0. With --json it prints SARIF 2.1.0, which code hosts show as annotations.
            """,
        positionals: [
            PositionalSyntax(
                "path", .file("PATH"), isOptional: true,
                help: "A repository, a feature's folder or a Markdown file; the current folder by default.")
        ],
        examples: ["jetbridge spec check", "jetbridge spec check specs/003-login", "jetbridge spec check . --json"])

    func run(_ context: CommandContext) async throws {
        let path = context.arguments.word("path") ?? "."
        let check: SpecCheck
        do {
            check = try await SpecCheck.run(path)
        } catch let error as SpecCheck.Failure {
            throw CommandFailure(error.message)
        }
        if context.isJSON {
            try context.print(SarifReport.json(check.findings, version: Release.version))
            if check.errors > 0 { throw CommandFailure(nil) }
            return
        }
        let rows = check.findings.map { finding in
            [finding.severity.rawValue, finding.place, finding.rule.id, finding.message].map {
                context.output.shown($0)
            }
        }
        for (line, finding) in zip(TextTable.lines(rows), check.findings) {
            let word = finding.severity.rawValue
            let shown = finding.severity == .error ? context.output.red(word) : context.output.yellow(word)
            try context.print(shown + line.dropFirst(word.count))
        }
        let summary = Self.summary(of: check)
        if check.errors > 0 { throw CommandFailure(summary) }
        try context.print(check.findings.isEmpty ? context.output.green(summary) : summary)
    }

    private static func summary(of check: SpecCheck) -> String {
        let count = { (number: Int, word: String) in "\(number) \(word)\(number == 1 ? "" : "s")" }
        let documents = count(check.documents.count, "document")
        guard !check.findings.isEmpty else { return "\(documents) checked: no findings" }
        return "\(count(check.errors, "error")) and \(count(check.warnings, "warning")) in \(documents)"
    }
}
