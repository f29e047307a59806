package import JSON
internal import Primitives

/// A tool of a server as models get it.
package struct ToolOffer: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        /// One of the server's, by its raw name.
        case tool(String)
        /// Looks for tools of a server whose list is too long to be offered whole.
        case find
        /// Calls one that was found.
        case call
        case resources, read
    }

    package let shownName: String
    package let server: String
    package let kind: Kind
    /// At most 1,024 characters.
    package let description: String
    package let parameters: JSON

    static let descriptionLimit = 1_024
    private static let notesLimit = 300

    /// Nil for the product's own tools of a server.
    package var rawName: String? {
        if case .tool(let name) = self.kind { name } else { nil }
    }

    /// What a request carries for it; with its tokens, what it costs.
    package var text: String { self.shownName + self.description + self.parameters.text }

    private init(_ name: String, _ server: String, _ kind: Kind, _ description: String, _ parameters: JSON) {
        self.shownName = name
        self.server = server
        self.kind = kind
        self.description = description
        self.parameters = parameters
    }

    init(_ tool: ExtensionTool, as name: String, of server: String) throws(ModelSchema.Unusable) {
        let schema = try ModelSchema.normalised(tool.schema)
        let notes = schema.notes.joined(separator: " ").cut(to: Self.notesLimit)
        // A character has at most four bytes of text that means something.
        let words = VisibleText.of(
            tool.description.beginning(bytes: 4 * Self.descriptionLimit), lineBreaks: .normalized)
        let room = Self.descriptionLimit - (notes.isEmpty ? 0 : notes.unicodeScalars.count + 1)
        let description = [words.trimmed.cut(to: room), notes].filter { !$0.isEmpty }.joined(separator: "\n")
        self.init(name, server, .tool(tool.name), description.isEmpty ? tool.title : description, schema.schema)
    }

    // MARK: The product's own

    static func find(in server: String, _ tools: [ToolOffer]) -> ToolOffer {
        let names = tools.map { $0.shownName.dropFirst(server.count + 2) }.joined(separator: ", ")
        return ToolOffer(
            ExtensionNames.own(.find, of: server), server, .find,
            """
            Finds tools of \(server), which has \(tools.count): their names, what they do and their arguments. Call them \
            by \(ExtensionNames.own(.call, of: server)). They are: \(names)
            """.cut(to: Self.descriptionLimit),
            Self.object([("query", "Words of what you need; * for the names of all.")]))
    }

    static func call(in server: String) -> ToolOffer {
        ToolOffer(
            ExtensionNames.own(.call, of: server), server, .call,
            "Calls a tool of \(server) that \(ExtensionNames.own(.find, of: server)) has shown.",
            [
                "type": "object",
                "properties": [
                    "name": ["type": "string", "description": "As it was shown."],
                    "arguments": ["type": "object", "description": "By the tool's own schema."],
                ],
                "required": ["name", "arguments"], "additionalProperties": false,
            ])
    }

    static func resources(of server: String) -> ToolOffer {
        ToolOffer(
            ExtensionNames.own(.resources, of: server), server, .resources,
            "Lists what can be read of \(server): addresses with their names.",
            ["type": "object", "properties": [:], "additionalProperties": false])
    }

    static func read(of server: String) -> ToolOffer {
        ToolOffer(
            ExtensionNames.own(.read, of: server), server, .read,
            "Reads one of the addresses that \(ExtensionNames.own(.resources, of: server)) lists.",
            Self.object([("uri", "As it was listed; without the braces of a template.")]))
    }

    private static func object(_ texts: [(String, String)]) -> JSON {
        [
            "type": "object",
            "properties": .object(
                JSONObject(members: texts.map { ($0.0, ["type": "string", "description": .string($0.1)]) })),
            "required": .array(texts.map { .string($0.0) }), "additionalProperties": false,
        ]
    }
}

extension ExtensionTool {
    /// In the place of a missing description.
    fileprivate var title: String { "The tool \(VisibleText.line(self.name.beginning(bytes: 200)))." }
}

extension String {
    /// At most `limit` characters as providers count them: Unicode scalars.
    fileprivate func cut(to limit: Int) -> String {
        let scalars = self.unicodeScalars
        guard scalars.count > limit else { return self }
        return String(scalars.prefix(limit - 1)) + "…"
    }
}
