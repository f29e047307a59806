internal import Crypto
internal import HTTP
internal import JSON

/// Values of the headers that modern HTTP repeats from a message's body.
enum HeaderValues {
    /// What cannot stand in a header as it is becomes `=?base64?…?=`: other characters than visible ASCII and blanks,
    /// blanks at an end, and what looks like that form itself.
    static func encode(_ text: String) -> String {
        let isPlain =
            text.utf8.allSatisfy { 0x20..<0x7F ~= $0 } && text.first != " " && text.last != " "
            && !(text.hasPrefix("=?base64?") && text.hasSuffix("?="))
        return isPlain ? text : "=?base64?\(Crypto.base64(Array(text.utf8)))?="
    }

    /// The value for an argument; nil where the header is left out.
    static func encode(argument: JSON?) -> String? {
        switch argument {
        case .string(let text)?: self.encode(text)
        case .bool(let value)?: value ? "true" : "false"
        case .integer(let number)?: "\(number)"
        case .number(let number)?: Int64(exactly: number).map { "\($0)" }
        default: nil
        }
    }
}

/// The arguments of a tool that are repeated in headers (`x-mcp-header` in its schema).
struct HeaderArguments: Equatable {
    /// By the whole name of the header: the way to the argument.
    private(set) var paths: [String: [String]] = [:]

    private static let types: Set<JSON> = ["string", "integer", "boolean"]
    private static let depthLimit = 8
    private static let prefix = "Mcp-Param-"

    /// Nil if an annotation is invalid: such a tool must not be offered, since its calls would be refused.
    init?(schema: JSON) {
        var names: Set<String> = []
        guard schema["x-mcp-header"] == nil, self.read(schema, [], &names) else { return nil }
    }

    private mutating func read(_ schema: JSON, _ path: [String], _ names: inout Set<String>) -> Bool {
        guard path.count <= Self.depthLimit else { return !Self.isAnnotated(schema) }
        for (key, value) in schema.objectValue ?? [:] where key != "properties" && key != "x-mcp-header" {
            if Self.isAnnotated(value) { return false }
        }
        for (name, property) in schema["properties"]?.objectValue ?? [:] {
            if let header = property["x-mcp-header"] {
                guard let text = header.stringValue, !text.isEmpty, text.utf8.allSatisfy(ByteSet.token.contains),
                    let type = property["type"], Self.types.contains(type), names.insert(text.lowercased()).inserted
                else { return false }
                self.paths[Self.prefix + text] = path + [name]
            }
            guard self.read(property, path + [name], &names) else { return false }
        }
        return true
    }

    /// Whether an annotation stands anywhere below: in a list's items, an alternative, or a definition.
    private static func isAnnotated(_ json: JSON) -> Bool {
        switch json {
        case .object(let object):
            object.contains { $0.key == "x-mcp-header" && $0.value.stringValue != nil || Self.isAnnotated($0.value) }
        case .array(let array): array.contains(where: Self.isAnnotated)
        default: false
        }
    }

    /// The headers of a call, by name.
    func headers(for arguments: JSON) -> [(name: String, value: String)] {
        self.paths.sorted { $0.key < $1.key }.compactMap { name, path in
            let argument = path.reduce(Optional(arguments)) { value, key in value?[key] }
            return HeaderValues.encode(argument: argument).map { (name, $0) }
        }
    }
}
