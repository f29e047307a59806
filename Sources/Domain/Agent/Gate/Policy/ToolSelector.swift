/// Which tools a rule concerns.
package enum ToolSelector: Sendable, Hashable {
    /// The tools that one setting of `approvals` concerns, and those that need none.
    package enum Group: String, Sendable, CaseIterable {
        /// Run a command: `shell`, and a person's own `run`.
        case commands
        /// Change files, or commit them.
        case writes
        /// Reach an address on the network; search the web.
        case network
        /// Read, list and search files.
        case reads
        /// Ask a person; keep the list of tasks.
        case talk
        /// Call a tool of an extension.
        case extensions

        package func contains(_ kind: ToolDefinition.Kind) -> Bool {
            switch kind {
            case .execute: self == .commands
            case .edit, .commit: self == .writes
            case .fetch: self == .network
            case .read: self == .reads
            case .ask, .plan: self == .talk
            case .extension: self == .extensions
            }
        }
    }

    case group(Group)
    case name(String)

    /// A person's own command. No persona is involved.
    package static let run = "run"
    /// What a command in the jail reaches on the network, as the policy is asked about it. Only a group matches it.
    package static let jailNetwork = "jail network"

    /// Every tool with a name of its own, and its kind.
    package static let tools: [(name: String, kind: ToolDefinition.Kind)] = [
        ("read", .read), (ToolCatalog.fileSearch, .read), ("list", .read), ("edit", .edit), ("patch", .edit),
        ("write", .edit), ("shell", .execute), (ToolCatalog.webSearch, .fetch), ("fetch", .fetch), ("commit", .commit),
        ("ask_user", .ask), ("tasks", .plan), ("skill", .read), ("remember", .ask),
        ("delegate", .read),
        (Self.run, .execute),
    ]

    /// What a rule may name.
    package static let words = Self.tools.map(\.name) + Group.allCases.map(\.rawValue)

    /// The extension of a tool called `NAME__TOOL`; nil for every other name. The product's own have no two underscores.
    package static func server(of tool: String) -> String? {
        guard let end = tool.firstRange(of: "__"), !end.isEmpty, end.lowerBound > tool.startIndex,
            end.upperBound < tool.endIndex
        else { return nil }
        return String(tool[..<end.lowerBound])
    }

    /// Nil for a word that names neither a tool nor a group. Which tools extensions have is known only later.
    package init?(_ word: String) {
        if let group = Group(rawValue: word) {
            self = .group(group)
        } else if Self.tools.contains(where: { $0.name == word }) || Self.server(of: word) != nil {
            self = .name(word)
        } else {
            return nil
        }
    }

    /// The tool of an extension that it names.
    var extensionTool: String? {
        if case .name(let name) = self, Self.server(of: name) != nil { name } else { nil }
    }

    func contains(_ tool: String, _ kind: ToolDefinition.Kind) -> Bool {
        switch self {
        case .group(let group): group.contains(kind)
        case .name(let name):
            name == tool || (name == ToolCatalog.webSearch && tool == ToolCatalog.fileSearch)
        }
    }

    /// Whether all its tools run commands.
    package var isAboutCommands: Bool {
        switch self {
        case .group(let group): group == .commands
        case .name(let name): Self.tools.contains { $0.name == name && $0.kind == .execute }
        }
    }
}
