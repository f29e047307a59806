internal import JSON
internal import Jail
internal import Primitives

/// What owners read before they approve a server's list: everything that a model would, each letter as what it is. Pure.
package struct ExtensionAskText: Sendable {
    package let settings: ExtensionSettings
    package let list: ExtensionList
    /// The list that is in effect; nil if none is.
    package let approved: ExtensionList?
    /// Whether the approved list is that of another command or address.
    package let isMoved: Bool
    /// Names of tools that are not the server's.
    package let others: [String]

    package init(
        settings: ExtensionSettings, list: ExtensionList, approved: ExtensionList? = nil, isMoved: Bool = false,
        others: [String] = []
    ) {
        self.settings = settings
        self.list = list
        self.approved = approved
        self.isMoved = isMoved
        self.others = others
    }

    /// In bytes. A longer list isn't shown cut: an ask has its names and its digest then, and says where all of it is.
    static let limit = 24 << 10

    /// Markdown, after the name of the ask.
    package var markdown: String {
        let whole = ([self.heading] + self.place + self.parts).joined(separator: "\n\n")
        guard whole.utf8.count > Self.limit else { return whole }
        return ([self.heading] + self.place + self.names).joined(separator: "\n\n")
    }

    /// Every word of the list, for the command line.
    package var everything: String {
        ([self.heading] + self.place + Self(settings: self.settings, list: self.list, others: self.others).parts)
            .joined(separator: "\n\n")
    }

    private var heading: String {
        let name = EscapedText.code(self.settings.name)
        guard let approved, !self.isMoved else {
            let why = self.isMoved ? " after its \(self.isProgram ? "command" : "address") has changed" : ""
            return "the extension \(name) wants to offer \(self.list.offer.counts) to models\(why)."
        }
        let difference = ExtensionComparison(from: approved.offer, to: self.list.offer)
        return "the extension \(name) has changed what it offers to models: \(difference.summary)."
    }

    private var isProgram: Bool {
        if case .program = self.settings.way { true } else { false }
    }

    private var place: [String] {
        let lines: [String]
        switch self.settings.way {
        case .program(let command, let variables):
            let network = self.settings.network.map(\.description).sorted().joined(separator: ", ")
            lines = [
                "Program: \(EscapedText.code(command.map(Self.word).joined(separator: " ")))",
                "Network: \(network.isEmpty ? "none" : EscapedText.code(network)); files of the workspace: "
                    + "\(self.settings.files.rawValue); variables: "
                    + (variables.isEmpty ? "none" : EscapedText.code(variables.keys.sorted().joined(separator: ", "))),
            ]
        case .remote(let address, _): lines = ["Address: \(EscapedText.code("\(address)"))"]
        }
        return [(lines + ["It calls itself \(Self.code(self.list.offer.server))."]).joined(separator: "  \n")]
    }

    private static func word(_ word: String) -> String {
        let isPlain = !word.isEmpty && word.allSatisfy { $0.isLetter || $0.isNumber || "-_./:@=+,%".contains($0) }
        return isPlain ? word : JSON.string(VisibleText.strictLine(word)).text
    }

    private static func code(_ text: String) -> String { EscapedText.code(VisibleText.strictLine(text)) }

    private static func block(_ text: String) -> String { EscapedText.fenced(VisibleText.strict(text)) }

    // MARK: The whole list

    private var parts: [String] {
        guard let approved, !self.isMoved else {
            return self.list.offer.tools.map { self.part("", $0) }
                + self.list.offer.prompts.map { Self.part("", $0) }
                + (self.list.offer.instructions.map { ["Instructions, for the model:\n\(Self.block($0))"] } ?? [])
        }
        let difference = ExtensionComparison(from: approved.offer, to: self.list.offer)
        return difference.tools.flatMap { self.parts(of: $0) } + difference.prompts.flatMap { Self.parts(of: $0) }
            + Self.parts(of: difference.instructions)
            + (difference.hasResources.map { [$0 ? "It offers resources now." : "It offers no more resources."] } ?? [])
    }

    private func parts(of change: ExtensionComparison.Change<ExtensionTool>) -> [String] {
        switch change {
        case .unchanged: []
        case .new(let tool): [self.part("New ", tool)]
        case .removed(let tool): ["Removed tool \(Self.code(tool.name))"]
        case .changed(let old, let new):
            ["Changed tool \(Self.code(new.name))\(self.claims(of: new))"] + Self.pair(old.description, new.description)
                + (old.schema == new.schema
                    ? []
                    : ["Arguments"] + Self.pair(Self.pretty(old.schema), Self.pretty(new.schema)))
        }
    }

    private static func parts(of change: ExtensionComparison.Change<ExtensionPrompt>) -> [String] {
        switch change {
        case .unchanged: []
        case .new(let prompt): [Self.part("New ", prompt)]
        case .removed(let prompt): ["Removed prompt \(Self.code(prompt.name))"]
        case .changed(let old, let new):
            ["Changed prompt \(Self.code(new.name))"]
                + Self.pair(Self.words(of: old), Self.words(of: new))
        }
    }

    private static func parts(of change: ExtensionComparison.Change<String>?) -> [String] {
        switch change {
        case .unchanged, nil: []
        case .new(let text): ["New instructions, for the model:\n\(Self.block(text))"]
        case .removed: ["It has no instructions any more."]
        case .changed(let old, let new): ["Changed instructions, for the model"] + Self.pair(old, new)
        }
    }

    /// What was approved, and what is asked now; nothing where both are the same.
    private static func pair(_ old: String, _ new: String) -> [String] {
        old == new ? [] : ["Before:\n\(Self.block(old))", "Now:\n\(Self.block(new))"]
    }

    private func part(_ word: String, _ tool: ExtensionTool) -> String {
        let arguments = tool.schema["properties"]?.objectValue?.keys ?? []
        let list = arguments.isEmpty ? "" : ", arguments \(Self.code(arguments.joined(separator: ", ")))"
        let text = tool.description.isEmpty ? "(no description)" : tool.description
        let details = Self.descriptions(in: tool.schema)
        let more = details.isEmpty ? "" : "\n" + Self.block(details.joined(separator: "\n"))
        return "\(word)\(word.isEmpty ? "T" : "t")ool \(Self.code(tool.name))\(list)\(self.claims(of: tool))\n"
            + Self.block(text) + more
    }

    /// What else of a schema a model reads: the words of its arguments.
    private static func descriptions(in schema: JSON) -> [String] {
        (schema["properties"]?.objectValue ?? JSONObject()).compactMap { name, property in
            property["description"]?.stringValue.map { "\(name): \($0)" }
        }
    }

    private static func part(_ word: String, _ prompt: ExtensionPrompt) -> String {
        "\(word)\(word.isEmpty ? "P" : "p")rompt \(Self.code(prompt.name))\n" + Self.block(Self.words(of: prompt))
    }

    private static func words(of prompt: ExtensionPrompt) -> String {
        let arguments = prompt.arguments.map { $0.isRequired ? "\($0.name) (required)" : $0.name }
        let text = prompt.description.isEmpty ? "(no description)" : prompt.description
        return arguments.isEmpty ? text : "\(text)\nArguments: \(arguments.joined(separator: ", "))"
    }

    /// One member a line, so that a difference is seen.
    private static func pretty(_ value: JSON, _ margin: String = "") -> String {
        switch value {
        case .object(let members) where !members.isEmpty:
            let lines = members.map { key, value in
                "\(margin)  \(JSON.string(key).text): \(Self.pretty(value, margin + "  "))"
            }
            return "{\n\(lines.joined(separator: ",\n"))\n\(margin)}"
        default: return value.text
        }
    }

    /// What happens to its calls, what the server says of it, and what is odd about its words.
    private func claims(of tool: ExtensionTool) -> String {
        let decision = self.settings.decision(on: tool.name)
        var notes = ["each call: \(decision)"]
        let hints = [
            ("readOnlyHint", "only reads"), ("destructiveHint", "destroys"), ("idempotentHint", "may be repeated"),
            ("openWorldHint", "reaches others"),
        ].filter { tool.annotations[$0.0]?.boolValue == true }.map(\.1)
        if !hints.isEmpty { notes.append("says of itself: \(hints.joined(separator: ", "))") }
        let named = self.others.filter { Self.names($0, in: tool.description) }
        if !named.isEmpty {
            let list = named.prefix(5).map { EscapedText.code($0) }.joined(separator: ", ")
            notes.append("ITS DESCRIPTION NAMES TOOLS THAT AREN'T ITS OWN: \(list)")
        }
        return " (\(notes.joined(separator: "; ")))"
    }

    /// The names of the product's own tools are common words, so they count only in quotes or beside “tool”.
    private static func names(_ tool: String, in text: String) -> Bool {
        if tool.contains("__") || tool.contains("_") { return text.contains(tool) }
        return ["`\(tool)`", "'\(tool)'", "\"\(tool)\"", "\(tool) tool", "tool \(tool)"].contains(where: text.contains)
    }

    // MARK: A long list

    private var names: [String] {
        let offer = self.list.offer
        let tools = offer.tools.map { Self.code($0.name) }.joined(separator: ", ")
        let prompts = offer.prompts.map { Self.code($0.name) }.joined(separator: ", ")
        return [
            "The list is too long for one message: \(offer.counts), "
                + "\(self.list.json.text.utf8.count / 1024) KiB. Read all of it with "
                + "`jetbridge extensions tools \(self.settings.name)` before you approve it.",
            "Tools: \(tools)",
        ] + (prompts.isEmpty ? [] : ["Prompts: \(prompts)"]) + ["SHA-256 of the list: `\(self.list.digest)`"]
    }
}

extension ExtensionOffer {
    /// `12 tools and 2 prompts`
    package var counts: String {
        var parts = [self.tools.count.counted("tool")]
        if !self.prompts.isEmpty { parts.append(self.prompts.count.counted("prompt")) }
        if self.hasResources { parts.append("resources") }
        return parts.count < 2
            ? parts.joined() : parts.dropLast().joined(separator: ", ") + " and " + (parts.last ?? "")
    }
}

extension ExtensionComparison {
    /// `2 changed, 1 new, 1 removed`
    var summary: String {
        let changes = self.tools.map(\.word) + self.prompts.map(\.word) + [self.instructions?.word ?? ""]
        let parts = ["changed", "new", "removed"].compactMap { word -> String? in
            let count = changes.count { $0 == word }
            return count > 0 ? "\(count) \(word)" : nil
        }
        return parts.isEmpty ? "its resources" : parts.joined(separator: ", ")
    }

    /// Whether nothing came or changed: what is left was approved before.
    var isReduced: Bool {
        self.hasResources != true
            && !(self.tools.map(\.word) + self.prompts.map(\.word)).contains { word in
                word == "changed" || word == "new"
            } && ["", "removed"].contains(self.instructions?.word ?? "")
    }
}

extension ExtensionComparison.Change {
    fileprivate var word: String {
        switch self {
        case .unchanged: ""
        case .changed: "changed"
        case .new: "new"
        case .removed: "removed"
        }
    }
}

extension ExtensionSettings {
    /// What the entry says of a tool, by its raw name: `allow`, `ask` or `deny`.
    package func decision(on tool: String) -> String { self.tools[tool] ?? self.tools["*"] ?? "ask" }
}
