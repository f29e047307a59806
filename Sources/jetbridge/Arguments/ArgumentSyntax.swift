internal import Primitives

/// A value's placeholder in help texts and its completions.
enum ValueSyntax: Sendable, Equatable {
    case text(String)
    case file(String)
    case directory(String)
    case choice(String, [String])
    /// Some of the words, separated by commas.
    case list(String, [String])
    /// The words of a command's name.
    case command(String)

    /// Where the placeholder does not list them: which words there are.
    var listedWords: String {
        switch self {
        case .list(_, let words): ", some of \(words.joined(separator: ", "))"
        default: ""
        }
    }

    /// In capitals; a short choice lists its words.
    var placeholder: String {
        switch self {
        case .text(let name), .file(let name), .directory(let name), .list(let name, _), .command(let name): name
        case .choice(let name, let words): words.count > 4 ? name : words.joined(separator: "|")
        }
    }

    var choices: [String] {
        if case .choice(_, let words) = self { words } else { [] }
    }

    /// Why a value is invalid; nil if it is valid.
    func problem(with value: String) -> String? {
        switch self {
        case .choice(_, let words): Self.problem(with: value, among: words)
        case .list(_, let words):
            value.split(separator: ",", omittingEmptySubsequences: false).lazy
                .compactMap { Self.problem(with: String($0), among: words) }.first
        case .text, .file, .directory, .command: nil
        }
    }

    private static func problem(with word: String, among words: [String]) -> String? {
        guard !words.contains(word) else { return nil }
        let hint = nearest(to: word, among: words).map { "; did you mean '\($0)'?" } ?? ""
        return "'\(word)' is not one of \(words.joined(separator: ", "))\(hint)"
    }
}

/// `--name`, or `--name VALUE`.
struct OptionSyntax: Sendable, Equatable {
    /// Without the dashes.
    let name: String
    /// Nil for a switch.
    let value: ValueSyntax?
    let isRequired: Bool
    let help: String

    init(_ name: String, _ value: ValueSyntax? = nil, isRequired: Bool = false, help: String) {
        self.name = name
        self.value = value
        self.isRequired = isRequired
        self.help = help
    }

    static func listen(_ help: String) -> Self { Self("listen", .text("HOST:PORT"), help: help) }

    static func logLevel(_ help: String) -> Self {
        Self("log-level", .choice("LEVEL", ["trace", "debug", "info", "warning", "error"]), help: help)
    }

    /// As a person types it: `--listen HOST:PORT`.
    var usage: String { self.value.map { "--\(self.name) \($0.placeholder)" } ?? "--\(self.name)" }
}

/// An argument without dashes.
struct PositionalSyntax: Sendable, Equatable {
    /// In lower case; the key of the parsed value.
    let name: String
    let value: ValueSyntax
    let isOptional: Bool
    /// Takes all remaining words.
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

/// A command's words, arguments and help: the single source for parsing, help texts and completions.
struct CommandSyntax: Sendable, Equatable {
    /// `["config", "check"]`
    let path: [String]
    /// One line without a full stop.
    let summary: String
    /// Whole sentences; may be empty.
    let discussion: String
    let positionals: [PositionalSyntax]
    let options: [OptionSyntax]
    /// Command lines for the help text.
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

    /// As a person types the command.
    var usage: String {
        let required = self.options.filter(\.isRequired).map(\.usage)
        let words = ["jetbridge", self.name] + required + self.positionals.map(\.usage) + ["[options]"]
        return words.joined(separator: " ")
    }

    /// The command's options and the common ones.
    var allOptions: [OptionSyntax] { self.options + Self.commonOptions }

    static let commonOptions = [
        OptionSyntax("config", .file("FILE"), help: "Use this configuration file."),
        OptionSyntax("data-dir", .directory("DIR"), help: "Use this data directory; overrides the configuration."),
        OptionSyntax("json", help: "Print only JSON: one document, or JSON lines."),
        OptionSyntax("help", help: "Show this help."),
    ]

    /// The options that are valid without a command.
    static let programOptions = Self.commonOptions + [OptionSyntax("version", help: "Print the version.")]
}
