internal import JSON
internal import Primitives

/// A tool: what a client is shown of it, and what it does.
struct MCPTool: Sendable {
    /// An argument.
    struct Parameter: Sendable {
        enum Kind: Sendable {
            case text
            case number(ClosedRange<Int>)
            case choice([String])
            case words
        }

        let name: String
        let kind: Kind
        let note: String
        var isRequired = false

        static func text(_ name: String, _ note: String, required: Bool = false) -> Self {
            Self(name: name, kind: .text, note: note, isRequired: required)
        }
    }

    /// What it does to the world, for clients that ask their person before a call.
    enum Effect: Sendable {
        case reads
        /// Adds to what is kept in Git, where the earlier state stays.
        case adds
        /// Sets an agent to work, or decides what it may do.
        case acts
    }

    enum Outcome: Sendable {
        case text(String)
        /// The members of a result that asks the client's person.
        case needed(JSONObject)
    }

    let name: String
    let description: String
    /// The route of the API that decides who may use it.
    let operation: String
    let effect: Effect
    let parameters: [Parameter]
    let run: @Sendable (MCPToolCall) async throws -> Outcome

    init(
        _ name: String, _ description: String, as operation: String, _ effect: Effect, _ parameters: [Parameter],
        run: @escaping @Sendable (MCPToolCall) async throws -> String
    ) {
        self.init(name: name, description: description, operation: operation, effect: effect, parameters: parameters) {
            .text(try await run($0))
        }
    }

    init(
        name: String, description: String, operation: String, effect: Effect, parameters: [Parameter],
        run: @escaping @Sendable (MCPToolCall) async throws -> Outcome
    ) {
        self.name = name
        self.description = description
        self.operation = operation
        self.effect = effect
        self.parameters = parameters
        self.run = run
    }

    /// In the order of the list.
    static let all: [MCPTool] =
        MCPThreadTools.all + MCPDocumentTools.all + MCPTaskTools.all + MCPRepositoryTools.all + MCPAskTools.all

    var route: APIRoute { MCPCall.route(self.operation) }

    var json: JSON {
        let hints: JSON =
            switch self.effect {
            case .reads: ["readOnlyHint": true, "openWorldHint": false]
            case .adds: ["readOnlyHint": false, "destructiveHint": false, "openWorldHint": false]
            case .acts: ["readOnlyHint": false, "destructiveHint": true, "openWorldHint": true]
            }
        let required = self.parameters.filter(\.isRequired).map { JSON.string($0.name) }
        var schema: JSONObject = [
            "type": "object", "additionalProperties": false,
            "properties": .object(JSONObject(members: self.parameters.map { ($0.name, $0.schema) })),
        ]
        if !required.isEmpty { schema["required"] = .array(required) }
        return [
            "name": .string(self.name), "description": .string(self.description), "inputSchema": .object(schema),
            "annotations": hints,
        ]
    }

    /// The arguments, if they are those of the schema. Throws ``MCPRefusal``.
    func checked(_ arguments: JSON) throws(MCPRefusal) -> JSONObject {
        guard case .object(let object) = arguments else { throw MCPRefusal("The arguments must be an object.") }
        for member in object where !self.parameters.contains(where: { $0.name == member.key }) {
            let names = self.parameters.map { "`\($0.name)`" }.joined(separator: ", ")
            let known = names.isEmpty ? "It has none." : "It has \(names)."
            throw MCPRefusal("\(self.name) has no argument `\(member.key.beginning(bytes: 60))`. \(known)")
        }
        for parameter in self.parameters {
            guard let value = object[parameter.name], !value.isNull else {
                if parameter.isRequired { throw MCPRefusal("\(self.name) needs the argument `\(parameter.name)`.") }
                continue
            }
            if let wish = parameter.mistake(in: value) { throw MCPRefusal("`\(parameter.name)` must be \(wish).") }
        }
        return object
    }
}

extension MCPTool.Parameter {
    fileprivate var schema: JSON {
        var schema: JSONObject =
            switch self.kind {
            case .text: ["type": "string"]
            case .number(let range):
                ["type": "integer", "minimum": JSON(range.lowerBound), "maximum": JSON(range.upperBound)]
            case .choice(let words): ["type": "string", "enum": .array(words.map { .string($0) })]
            case .words: ["type": "array", "items": ["type": "string"]]
            }
        if !self.note.isEmpty { schema["description"] = .string(self.note) }
        return .object(schema)
    }

    /// What the value should be; nil if it is.
    fileprivate func mistake(in value: JSON) -> String? {
        switch self.kind {
        case .text: value.stringValue == nil ? "a text" : nil
        case .number(let range):
            value.intValue.map(range.contains) == true
                ? nil : "a number from \(range.lowerBound) to \(range.upperBound)"
        case .choice(let words):
            value.stringValue.map(words.contains) == true ? nil : "one of \(words.joined(separator: ", "))"
        case .words:
            value.arrayValue.map { $0.allSatisfy { $0.stringValue != nil } } == true ? nil : "a list of texts"
        }
    }
}

/// One call of a tool.
struct MCPToolCall: Sendable {
    let message: MCPMessage
    let arguments: JSONObject
    let server: MCPServer
    let client: MCPClient

    var backend: any MCPBackend { self.server.backend }

    /// An argument that is a text; nil without one, and for an empty one.
    func text(_ name: String) -> String? {
        self.arguments[name]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// A required argument.
    func needed(_ name: String) throws(MCPRefusal) -> String {
        guard let text = self.text(name) else { throw MCPRefusal("`\(name)` is empty.") }
        return text
    }

    func number(_ name: String) -> Int? { self.arguments[name]?.intValue }

    /// How far a call is, if the client wants to know.
    func progress(_ done: Int, of total: Int, _ text: String) {
        guard let token = self.message.progressToken else { return }
        self.client.notify(
            MCPMessage.notification(
                "notifications/progress",
                ["progressToken": token, "progress": JSON(done), "total": JSON(total), "message": .string(text)]))
    }
}

/// Texts of results: short, with a cursor for what follows.
enum MCPText {
    /// In bytes, of a tool's result.
    static let limit = 8_000
    /// For what is said around a text of others.
    static let margin = 700

    static func cursor(_ text: String?) throws(MCPRefusal) -> Int {
        guard let text else { return 0 }
        guard let number = Int(untrusted: text), number >= 0 else {
            throw MCPRefusal("`cursor` must be the cursor of an earlier result.")
        }
        return number
    }

    /// Lines from number `start` on, as many as fit, and the cursor of the next ones.
    static func lines(
        _ lines: [String], from start: Int, under heading: String = "", empty: String, limit: Int = Self.limit
    ) -> String {
        guard start < lines.count else { return lines.isEmpty ? empty : "There is nothing more." }
        var text = heading
        for (index, line) in lines.enumerated().dropFirst(start) {
            let next = text.isEmpty ? line : "\(text)\n\(line)"
            guard next.utf8.count <= limit - 100 || index == start else {
                return "\(text)\n\nThere are \(lines.count - index) more: cursor=\"\(index)\"."
            }
            text = next
        }
        return text
    }

    /// A part of a text that begins at byte `start`, and the cursor of the rest.
    static func window(_ text: String, from start: Int, limit: Int = Self.limit - Self.margin) -> String {
        let total = text.utf8.count
        guard start < total else { return start == 0 ? "" : "There is nothing more." }
        let rest = start == 0 ? text[...] : text[text.utf8.index(text.startIndex, offsetBy: start)...]
        let part = String(rest).beginning(bytes: limit)
        let end = start + part.utf8.count
        return end < total ? "\(part)\n\n[\(total - end) more bytes: cursor=\"\(end)\"]" : part
    }

    /// Somebody's words on one line.
    static func line(_ text: String, _ limit: Int = 160) -> String {
        VisibleText.line(text.onOneLine).abridged(to: limit)
    }
}
