internal import Primitives

/// Parses a command line against the table of commands.
///
/// Common options may appear anywhere; a command's own options follow its name. `--` ends the options.
struct ArgumentParser {
    enum Outcome: Equatable {
        case run(CommandSyntax, Arguments)
        /// The help of a command or a group; of the program if the path is empty.
        case help([String])
    }

    private let table: CommandTable
    private var path: [String] = []
    private var command: CommandSyntax?
    private var words: [String] = []
    private var arguments = Arguments()

    private init(_ table: CommandTable) {
        self.table = table
    }

    static func parse(_ words: [String], table: CommandTable) throws(UsageError) -> Outcome {
        var parser = ArgumentParser(table)
        return try parser.parse(words[...])
    }

    private mutating func parse(_ words: ArraySlice<String>) throws(UsageError) -> Outcome {
        var rest = words
        while let word = rest.popFirst() {
            if word == "--" {
                for word in rest { try self.take(word) }
                break
            }
            if word.hasPrefix("-"), word != "-" {
                try self.takeOption(word, &rest)
            } else {
                try self.take(word)
            }
        }
        if self.arguments.has("help") { return .help(self.path) }
        if self.arguments.has("version"), let version = self.table.syntax(of: ["version"]) {
            return .run(version, self.arguments)
        }
        guard let command else { throw self.incomplete() }
        try self.assignPositionals(of: command)
        if let missing = command.options.first(where: { $0.isRequired && self.arguments.value($0.name) == nil }) {
            throw self.error("'\(command.name)' needs \(missing.usage)\(missing.value?.listedWords ?? "")")
        }
        return .run(command, self.arguments)
    }

    // MARK: Words

    /// Takes the next word of the command's name, or an argument once the name is complete.
    private mutating func take(_ word: String) throws(UsageError) {
        let next = self.table.words(after: self.path)
        // A group may be a command too: `hosts`, `hosts drain`.
        guard self.command == nil || self.words.isEmpty && next.contains(word) else {
            self.words.append(word)
            return
        }
        guard next.contains(word) else {
            let hint = nearest(to: word, among: next).map { "; did you mean '\($0)'?" } ?? ""
            throw self.error("unknown command '\((self.path + [word]).joined(separator: " "))'\(hint)")
        }
        self.path.append(word)
        self.command = self.table.syntax(of: self.path)
    }

    private mutating func assignPositionals(of command: CommandSyntax) throws(UsageError) {
        var rest = self.words[...]
        for positional in command.positionals {
            let taken = positional.isRepeated ? rest : rest.prefix(1)
            guard !taken.isEmpty || positional.isOptional else {
                throw self.error("'\(command.name)' needs \(positional.value.placeholder)")
            }
            for word in taken { try self.check(word, positional.value) }
            if !taken.isEmpty { self.arguments.positionals[positional.name] = Array(taken) }
            rest = rest.dropFirst(taken.count)
        }
        if let extra = rest.first { throw self.error("'\(command.name)' does not take '\(extra)'") }
    }

    // MARK: Options

    private mutating func takeOption(_ word: String, _ rest: inout ArraySlice<String>) throws(UsageError) {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let typed = String(parts[0])
        let options = self.table.options(at: self.path)
        guard let option = options.first(where: { "--\($0.name)" == typed || (typed == "-h" && $0.name == "help") })
        else {
            let near = nearest(to: typed, among: options.map { "--\($0.name)" })
            throw self.error("unknown option '\(typed)'" + (near.map { "; did you mean '\($0)'?" } ?? ""))
        }
        guard let syntax = option.value else {
            guard parts.count == 1 else { throw self.error("'\(typed)' takes no value") }
            self.arguments.switches.insert(option.name)
            return
        }
        guard let value = parts.count == 2 ? String(parts[1]) : rest.popFirst(), !value.isEmpty else {
            throw self.error("'\(typed)' needs \(syntax.placeholder)")
        }
        try self.check(value, syntax)
        guard self.arguments.values.updateValue(value, forKey: option.name) == nil else {
            throw self.error("'\(typed)' is given twice")
        }
    }

    private func check(_ word: String, _ syntax: ValueSyntax) throws(UsageError) {
        if let problem = syntax.problem(with: word) { throw self.error(problem) }
    }

    // MARK: Errors

    private func incomplete() -> UsageError {
        self.path.isEmpty
            ? self.error("a command is missing")
            : self.error(
                "'\(self.path.joined(separator: " "))' needs one of \(self.table.words(after: self.path).joined(separator: ", "))"
            )
    }

    private func error(_ message: String) -> UsageError { UsageError(message: message, path: self.path) }
}

/// A command's parsed arguments, checked against its syntax.
struct Arguments: Sendable, Equatable {
    /// The options with values, by name.
    var values: [String: String] = [:]
    var switches: Set<String> = []
    /// By the positional's name; an omitted optional one is missing.
    var positionals: [String: [String]] = [:]

    var isJSON: Bool { self.switches.contains("json") }

    func value(_ option: String) -> String? { self.values[option] }

    func has(_ option: String) -> Bool { self.switches.contains(option) }

    /// A positional's first word.
    func word(_ positional: String) -> String? { self.positionals[positional]?.first }

    func words(_ positional: String) -> [String] { self.positionals[positional] ?? [] }
}

/// An invalid command line.
struct UsageError: Error, Equatable {
    /// One line, without the reference to the help.
    let message: String
    /// The command whose help to refer to; empty for the program's.
    let path: [String]

    var description: String {
        let command = (["jetbridge"] + self.path + ["--help"]).joined(separator: " ")
        return "\(self.message); see '\(command)'"
    }
}
