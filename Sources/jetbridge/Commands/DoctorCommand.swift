internal import Host
internal import JSON
internal import Logging
internal import Primitives

struct DoctorCommand: Command {
    let syntax = CommandSyntax(
        "doctor", summary: "Check the set-up by connecting to everything",
        discussion: """
            Reads the configuration, opens the store, queries the model endpoint, connects to each network, and prints \
            one line per check, with what to do if it fails. Exits with status 1 if any check fails.
            """,
        options: [
            OptionSyntax("serving", help: "Only ask the host that serves the data directory whether it is ready."),
            OptionSyntax(
                "before-upgrade", help: "Only check, changing nothing, whether this program can replace the one in use."
            ),
        ])

    func run(_ context: CommandContext) async throws {
        let (configuration, loaded) = try context.loadConfigurationFile()
        // The findings say what fails, and why.
        Logging.configure(level: .error, format: .text) { _ in }
        let failures = Counter()
        let report: @Sendable (Finding) async throws -> Void = { finding in
            if finding.state == .failed { await failures.increment() }
            try Self.print(finding, to: context)
        }
        if context.arguments.has("serving") {
            try await report(try await Doctor(configuration).examineServing())
            guard await failures.value == 0 else { throw CommandFailure(nil) }
            return
        }
        try await report(
            Finding(
                "configuration", .ok, loaded.file.map { "\($0) is valid" } ?? "no file; using the built-in defaults"))
        if context.arguments.has("before-upgrade") {
            try await Doctor(configuration).examineBeforeUpgrade(report: report)
        } else {
            try await Doctor(configuration).examine(report: report)
        }
        let count = await failures.value
        if count > 0 {
            throw CommandFailure(
                "\(count.counted("check")) failed; each line above says what to do")
        }
    }

    private static func print(_ finding: Finding, to context: CommandContext) throws {
        guard !context.isJSON else {
            return try context.print([
                "check": .string(finding.subject), "state": .string(finding.state.rawValue),
                "detail": .string(finding.detail),
            ])
        }
        try context.print("\(context.output.mark(finding.state)) \(finding.subject): \(finding.detail)")
    }

    private actor Counter {
        private(set) var value = 0
        func increment() { self.value += 1 }
    }
}

extension Terminal {
    /// A word for the result of a check; all have the same width.
    func mark(_ state: Finding.State) -> String {
        switch state {
        case .ok: self.green("ok     ")
        case .warning: self.yellow("warning")
        case .failed: self.red("failed ")
        }
    }
}
