package import JSON

/// The object types of an interface, by name.
package struct SchemaTable: Sendable {
    /// Whether a value is read or written: of what is written, every member is there, and a missing one is null.
    package enum Direction: Sendable {
        case input, output
    }

    package private(set) var objects: [String: ObjectSchema] = [:]
    /// Names in the order in which they were added.
    package private(set) var names: [String] = []
    /// Of what is being added.
    private(set) var direction = Direction.output

    package init() {}

    /// `Thread` of `API.Thread`; `ThreadPage` of `Page<Thread>`.
    package static func name(of type: any Any.Type) -> String {
        let parts = String(describing: type).split(separator: "<").map { part in
            part.split(separator: ">").first.map { $0.split(separator: ".").last.map(String.init) ?? "" } ?? ""
        }
        return parts.reversed().joined()
    }

    /// The schema of a type; its objects are added to the table.
    package mutating func schema(of type: any FieldValue.Type, _ direction: Direction) -> Schema {
        self.direction = direction
        return type.schema(in: &self)
    }

    mutating func begin(_ name: String) {
        self.names.append(name)
        self.objects[name] = ObjectSchema(members: [])
    }

    mutating func set(_ name: String, _ object: ObjectSchema) { self.objects[name] = object }

    // MARK: OpenAPI

    /// The components of an OpenAPI document.
    package var components: JSONObject {
        JSONObject(members: self.names.compactMap { name in self.objects[name].map { (name, Self.json($0)) } })
    }

    package static func json(_ object: ObjectSchema) -> JSON {
        var members: JSONObject = [
            "type": "object",
            "properties": .object(JSONObject(members: object.members.map { ($0.name, Self.json($0.schema)) })),
        ]
        let required = object.members.filter(\.isRequired).map { JSON.string($0.name) }
        if !required.isEmpty { members["required"] = .array(required) }
        if object.needsAny {
            members["anyOf"] = .array(object.members.map { ["required": [.string($0.name)]] })
        }
        members["additionalProperties"] = false
        return .object(members)
    }

    package static func json(_ schema: Schema) -> JSON {
        var members: JSONObject
        switch schema.kind {
        case .string: members = ["type": "string"]
        case .integer: members = ["type": "integer"]
        case .number: members = ["type": "number"]
        case .boolean: members = ["type": "boolean"]
        case .any: members = [:]
        case .choice(let words): members = ["type": "string", "enum": .array(words.map { .string($0) })]
        case .array(let item): members = ["type": "array", "items": Self.json(item)]
        case .map(let value): members = ["type": "object", "additionalProperties": Self.json(value)]
        case .object(let name):
            let reference: JSON = ["$ref": .string("#/components/schemas/\(name)")]
            guard schema.isNullable || schema.note.text != nil else { return reference }
            members = schema.isNullable ? ["anyOf": [reference, ["type": "null"]]] : ["allOf": [reference]]
            if let text = schema.note.text { members["description"] = .string(text) }
            return .object(members)
        }
        if schema.isNullable, let type = members["type"] {
            members["type"] = [type, "null"]
            if let words = members["enum"]?.arrayValue { members["enum"] = .array(words + [.null]) }
        }
        let note = schema.note
        if let text = note.text { members["description"] = .string(text) }
        if let format = note.format { members["format"] = .string(format) }
        if let minimum = note.minimum { members["minimum"] = .integer(minimum) }
        if let maximum = note.maximum { members["maximum"] = .integer(maximum) }
        if let length = note.minLength { members["minLength"] = JSON(length) }
        if let length = note.maxLength { members["maxLength"] = JSON(length) }
        if let pattern = note.pattern { members["pattern"] = .string(pattern) }
        if let standard = note.standard { members["default"] = standard }
        if note.deprecation != nil { members["deprecated"] = true }
        return .object(members)
    }

    // MARK: TypeScript

    /// An interface for each object.
    package var typeScript: String {
        self.names.compactMap { name in self.objects[name].map { Self.typeScript(name, $0) } }.joined(separator: "\n")
    }

    private static func typeScript(_ name: String, _ object: ObjectSchema) -> String {
        let members = object.members.map { member in
            let (text, old) = (member.schema.note.text, member.schema.note.deprecation.map { "@deprecated \($0)" })
            let words = [text, old].compactMap { $0 }.joined(separator: " ").replacing("*/", with: "* /")
            let note = words.isEmpty ? "" : "  /** \(words) */\n"
            return "\(note)  \(member.name)\(member.isRequired ? "" : "?"): \(Self.typeScript(member.schema));\n"
        }
        return "export interface \(name) {\n\(members.joined())}\n"
    }

    private static func typeScript(_ schema: Schema) -> String {
        let type =
            switch schema.kind {
            case .string: schema.note.format == "date-time" ? "Timestamp" : "string"
            case .integer, .number: "number"
            case .boolean: "boolean"
            case .any: "unknown"
            case .choice(let words): words.map { "\"\($0)\"" }.joined(separator: " | ")
            case .array(let item): Self.isUnion(item) ? "(\(Self.typeScript(item)))[]" : "\(Self.typeScript(item))[]"
            case .map(let value): "Record<string, \(Self.typeScript(value))>"
            case .object(let name): name
            }
        return schema.isNullable ? "\(type) | null" : type
    }

    private static func isUnion(_ schema: Schema) -> Bool {
        if case .choice(let words) = schema.kind, words.count > 1 { return true }
        return schema.isNullable
    }
}
