/// What stands for a value in help texts, and what completions offer for it.
enum ValueSyntax: Sendable, Equatable {
    case text(String)
    case file(String)
    case directory(String)
    case choice(String, [String])

    /// In capitals, as help texts show it; a short choice shows its words.
    var placeholder: String {
        switch self {
        case .text(let name), .file(let name), .directory(let name): name
        case .choice(let name, let words): words.count > 4 ? name : words.joined(separator: "|")
        }
    }

    var choices: [String] {
        if case .choice(_, let words) = self { words } else { [] }
    }
}

/// `--name`, or `--name VALUE`.
struct OptionSyntax: Sendable, Equatable {
    /// Without the dashes.
    let name: String
    /// Nil for a switch.
    let value: ValueSyntax?
    let help: String

    init(_ name: String, _ value: ValueSyntax? = nil, help: String) {
        self.name = name
        self.value = value
        self.help = help
    }

    /// As a person types it: `--listen HOST:PORT`.
    var usage: String { self.value.map { "--\(self.name) \($0.placeholder)" } ?? "--\(self.name)" }
}

/// A word that is no option.
struct PositionalSyntax: Sendable, Equatable {
    /// In small letters; the key of the parsed value.
    let name: String
    let value: ValueSyntax
    let isOptional: Bool
    /// Takes all the words that are left.
    let isRepeated: Bool
    let help: String

    init(_ name: String, _ value: ValueSyntax, isOptional: Bool = false, isRepeated: Bool = false, help: String) {
        self.name = name
        self.value = value
        self.isOptional = isOptional
        self.isRepeated = isRepeated
        self.help = help
    }

    var usage: String {
        let word = self.value.placeholder + (self.isRepeated ? "…" : "")
        return self.isOptional ? "[\(word)]" : word
    }
}

/// A command's words, arguments and help: the one source of parsing, help texts and completions.
struct CommandSyntax: Sendable, Equatable {
    /// `["config", "check"]`
    let path: [String]
    /// One line without a full stop.
    let summary: String
    /// Whole sentences; may be empty.
    let discussion: String
    let positionals: [PositionalSyntax]
    let options: [OptionSyntax]
    /// What people type, one a line, for the help text.
    let examples: [String]

    init(
        _ path: String..., summary: String, discussion: String = "", positionals: [PositionalSyntax] = [],
        options: [OptionSyntax] = [], examples: [String] = []
    ) {
        self.path = path
        self.summary = summary
        self.discussion = discussion
        self.positionals = positionals
        self.options = options
        self.examples = examples
    }

    var name: String { self.path.joined(separator: " ") }

    /// Its own options and those of every command.
    var allOptions: [OptionSyntax] { self.options + Self.commonOptions }

    static let commonOptions = [
        OptionSyntax("config", .file("FILE"), help: "Read this configuration file."),
        OptionSyntax("data-dir", .directory("DIR"), help: "Keep data here; stronger than the file."),
        OptionSyntax("json", help: "Print one JSON document, or JSON lines, and nothing else."),
        OptionSyntax("help", help: "Show this help."),
    ]
}
