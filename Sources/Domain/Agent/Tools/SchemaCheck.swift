internal import JSON
internal import Primitives

/// Fits arguments to a tool's schema: the part of JSON Schema that ``ToolCatalog`` uses.
struct SchemaCheck {
    /// Where the arguments do not fit.
    struct Mismatch: Error, Equatable {
        let path: String
        let expected: String
        let got: String

        var text: String { "\(self.path): expected \(self.expected), got \(self.got)" }
    }

    /// The value with harmless differences mended: a number or boolean as a string, a list or object as a string, an
    /// optional member that is null.
    static func fit(_ value: JSON, to schema: JSON, at path: String = "") throws(Mismatch) -> JSON {
        switch schema["type"]?.stringValue {
        case "object": try Self.object(Self.decoded(value), schema, path)
        case "array": try Self.array(Self.decoded(value), schema, path)
        case "string": try Self.string(value, schema, path)
        case "integer": try Self.integer(value, schema, path)
        case "boolean": try Self.boolean(value, path)
        default: value
        }
    }

    /// Checks arguments that are passed on as they are against a schema that others wrote: what is not known of it
    /// forbids nothing.
    static func verify(_ value: JSON, against schema: JSON, at path: String = "", depth: Int = 0) throws(Mismatch) {
        guard depth < 32 else { return }
        let isRoot = path.isEmpty
        // Arguments are always an object.
        switch (isRoot ? "object" : schema["type"]?.stringValue, value) {
        case ("object", .object(let members)):
            let properties = schema["properties"]?.objectValue ?? JSONObject()
            let prefix = isRoot ? "" : "\(path)."
            for key in schema["required"]?.arrayValue?.compactMap(\.stringValue) ?? [] where members[key] == nil {
                throw Mismatch(
                    path: prefix + key.beginning(bytes: 60), expected: Self.kind(properties[key] ?? .null),
                    got: "nothing: the field is missing")
            }
            for (key, member) in members {
                if let property = properties[key] {
                    try Self.verify(member, against: property, at: prefix + key, depth: depth + 1)
                } else if schema["additionalProperties"]?.boolValue == false, schema["patternProperties"] == nil {
                    let meant = nearest(to: key, among: properties.keys).map { "; did you mean \($0)?" } ?? ""
                    throw Mismatch(
                        path: prefix + key.beginning(bytes: 60),
                        expected: "only the fields \(properties.keys.joined(separator: ", "))",
                        got: "an extra field\(meant)")
                }
            }
        case ("array", .array(let items)):
            guard let item = schema["items"] else { return }
            for (index, value) in items.enumerated() {
                try Self.verify(value, against: item, at: "\(path)[\(index)]", depth: depth + 1)
            }
        case ("string", .string):
            if let allowed = schema["enum"]?.arrayValue, !allowed.contains(value) {
                throw Mismatch(path: Self.name(path), expected: Self.kind(schema), got: Self.shown(value))
            }
        case ("integer", .integer), ("number", .integer), ("number", .number), ("boolean", .bool): break
        // A whole number may be written with a decimal point.
        case ("integer", .number(let number)) where number.rounded() == number: break
        case ("object", _), ("array", _), ("string", _), ("integer", _), ("boolean", _):
            throw Mismatch(path: Self.name(path), expected: Self.kind(schema), got: Self.shown(value))
        case ("number", _): throw Mismatch(path: Self.name(path), expected: "a number", got: Self.shown(value))
        default: break
        }
    }

    private static func name(_ path: String) -> String { path.isEmpty ? "arguments" : path }

    /// A list or object that was encoded twice.
    private static func decoded(_ value: JSON) -> JSON {
        guard case .string(let text) = value, let inner = try? JSON.parse(text) else { return value }
        switch inner {
        case .array, .object: return inner
        default: return value
        }
    }

    private static func object(_ value: JSON, _ schema: JSON, _ path: String) throws(Mismatch) -> JSON {
        guard case .object(let members) = value else {
            throw Mismatch(path: self.name(path), expected: "an object", got: Self.shown(value))
        }
        let properties = schema["properties"]?.objectValue ?? JSONObject()
        let required = schema["required"]?.arrayValue?.compactMap(\.stringValue) ?? []
        let prefix = path.isEmpty ? "" : "\(path)."
        for (key, value) in members where properties[key] == nil {
            if value.isNull { continue }
            let meant = nearest(to: key, among: properties.keys).map { "; did you mean \($0)?" } ?? ""
            throw Mismatch(
                path: prefix + key.beginning(bytes: 60),
                expected: "only the fields \(properties.keys.joined(separator: ", "))", got: "an extra field\(meant)")
        }
        // In the schema's order, so that the same arguments are the same text.
        var result = JSONObject()
        for (key, property) in properties {
            guard let member = members[key], !(member.isNull && !required.contains(key)) else {
                if required.contains(key) {
                    throw Mismatch(
                        path: prefix + key, expected: Self.kind(property), got: "nothing: the field is missing")
                }
                continue
            }
            result[key] = try Self.fit(member, to: property, at: prefix + key)
        }
        return .object(result)
    }

    private static func array(_ value: JSON, _ schema: JSON, _ path: String) throws(Mismatch) -> JSON {
        guard case .array(let items) = value else {
            throw Mismatch(path: Self.name(path), expected: "a list", got: Self.shown(value))
        }
        if let most = schema["maxItems"]?.intValue, items.count > most {
            throw Mismatch(path: Self.name(path), expected: "at most \(most) items", got: "\(items.count)")
        }
        guard let item = schema["items"] else { return value }
        var result: [JSON] = []
        for (index, value) in items.enumerated() {
            result.append(try Self.fit(value, to: item, at: "\(path)[\(index)]"))
        }
        return .array(result)
    }

    private static func string(_ value: JSON, _ schema: JSON, _ path: String) throws(Mismatch) -> JSON {
        guard case .string(let text) = value else {
            throw Mismatch(path: Self.name(path), expected: Self.kind(schema), got: Self.shown(value))
        }
        if let allowed = schema["enum"]?.arrayValue, !allowed.contains(value) {
            throw Mismatch(path: Self.name(path), expected: Self.kind(schema), got: Self.shown(value))
        }
        let count = text.utf8.count
        if let least = schema["minLength"]?.intValue, count < least {
            throw Mismatch(path: Self.name(path), expected: "text", got: "an empty string")
        }
        if let most = schema["maxLength"]?.intValue, count > most {
            throw Mismatch(path: Self.name(path), expected: "at most \(most) bytes", got: "\(count)")
        }
        return value
    }

    private static func integer(_ value: JSON, _ schema: JSON, _ path: String) throws(Mismatch) -> JSON {
        let number = value.intValue ?? value.stringValue.flatMap { Int($0.filter { $0 != " " }) }
        guard let number else {
            throw Mismatch(path: Self.name(path), expected: Self.kind(schema), got: Self.shown(value))
        }
        if number < schema["minimum"]?.intValue ?? .min || number > schema["maximum"]?.intValue ?? .max {
            throw Mismatch(path: Self.name(path), expected: Self.kind(schema), got: "\(number)")
        }
        return JSON(number)
    }

    private static func boolean(_ value: JSON, _ path: String) throws(Mismatch) -> JSON {
        switch value {
        case .bool: return value
        case .string("true"): return true
        case .string("false"): return false
        default: throw Mismatch(path: Self.name(path), expected: "true or false", got: Self.shown(value))
        }
    }

    private static func kind(_ schema: JSON) -> String {
        switch schema["type"]?.stringValue {
        case "string":
            guard let allowed = schema["enum"]?.arrayValue else { return "a string" }
            return "one of " + allowed.compactMap(\.stringValue).joined(separator: ", ")
        case "integer":
            guard let least = schema["minimum"]?.intValue else { return "a whole number" }
            guard let most = schema["maximum"]?.intValue else { return "a whole number from \(least)" }
            return "a whole number from \(least) to \(most)"
        case "boolean": return "true or false"
        case "array": return "a list"
        default: return "an object"
        }
    }

    private static func shown(_ value: JSON) -> String {
        switch value {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .integer, .number: "the number \(value.text)"
        case .string(let text):
            "the string \"\(VisibleText.of(text.beginning(bytes: 40)))\(text.utf8.count > 40 ? "…" : "")\""
        case .array: "a list"
        case .object: "an object"
        }
    }
}
