internal import JSON
internal import Primitives

/// Builds the schema of ``ModelSchema``, node by node.
struct SchemaNormaliser {
    typealias Unusable = ModelSchema.Unusable

    /// A schema that is one or is made of several: what `$ref` and `allOf` name is merged into it.
    struct Node {
        var members: JSONObject
        /// The references that were followed to here.
        var path: [String]
    }

    private let document: JSON
    private var nodes = 0
    private var bytes = 0
    /// What was read so far, about in bytes: references may name one part again and again.
    private var work = 0
    private static let workLimit = 256 << 10

    init(document: JSON) {
        self.document = document
    }

    mutating func root() throws(Unusable) -> (JSON, [String]) {
        var notes: [String] = []
        var node = try self.flattened(self.document, [], depth: 0)
        try self.mergeAlternatives(into: &node, &notes)
        let rules = ["not", "if", "then", "else"].filter { node.members[$0] != nil }
        if !rules.isEmpty { notes.append("More rules apply (\(rules.joined(separator: ", "))).") }
        for rule in rules { node.members[rule] = nil }
        var schema: JSONObject = ["type": "object"]
        let words = SchemaWords.of(node.members)
        if !words.isEmpty { notes.append("The arguments: \(words).") }
        try self.object(node, into: &schema, depth: 0)
        if schema["properties"] == nil { schema["properties"] = [:] }
        return (.object(schema), notes)
    }

    /// Providers refuse alternatives at the root: their properties become optional ones of the root.
    private mutating func mergeAlternatives(into node: inout Node, _ notes: inout [String]) throws(Unusable) {
        for keyword in ["anyOf", "oneOf"] {
            guard let alternatives = node.members[keyword]?.arrayValue else { continue }
            node.members[keyword] = nil
            var sets: [String] = []
            for alternative in alternatives {
                guard case .object = alternative else { continue }
                let part = try self.flattened(alternative, node.path, depth: 1)
                try self.merge(part.members, into: &node.members, isRequired: false)
                let names = part.members["required"]?.arrayValue?.compactMap(\.stringValue) ?? []
                if !names.isEmpty { sets.append(names.prefix(10).joined(separator: ", ")) }
            }
            if !sets.isEmpty {
                let words = sets.prefix(10).map { "(\($0))" }.joined(separator: " or ")
                notes.append("Needs the arguments \(words).".abridged(to: 300))
            }
        }
    }

    // MARK: Nodes

    /// - Parameter name: The property whose schema this is, for the reason.
    private mutating func schema(
        _ raw: JSON, _ path: [String], of name: String, depth: Int
    ) throws(Unusable) -> JSON {
        self.nodes += 1
        guard self.nodes <= ModelSchema.nodeLimit else {
            throw Unusable(reason: "its schema has more than \(ModelSchema.nodeLimit) parts")
        }
        guard depth <= ModelSchema.depthLimit else {
            throw Unusable(reason: "its schema is nested deeper than \(ModelSchema.depthLimit) levels")
        }
        if case .bool = raw { return [:] }
        guard case .object = raw else {
            throw Unusable(reason: "its schema has no schema for \(VisibleText.line(name.beginning(bytes: 100)))")
        }
        let node = try self.flattened(raw, path, depth: depth)
        try self.charge(SchemaWords.bytes(of: node.members))
        var schema = JSONObject()
        if let type = Self.type(of: node.members) { schema["type"] = type }
        let words = [self.text(node.members["description"]), SchemaWords.of(node.members)].filter { !$0.isEmpty }
        if !words.isEmpty { schema["description"] = .string(words.joined(separator: " ")) }
        if let values = Self.values(of: node.members) { schema["enum"] = .array(values) }
        self.bytes += schema.reduce(0) { $0 + $1.value.bytes.count }
        guard self.bytes <= ModelSchema.byteLimit else { throw Unusable(reason: "its schema is larger than 64 KiB") }
        try self.object(node, into: &schema, depth: depth)
        try self.array(node, into: &schema, depth: depth)
        let alternatives = ["anyOf", "oneOf"].compactMap { node.members[$0]?.arrayValue }.first ?? []
        var kept: [JSON] = []
        for alternative in alternatives where alternative.objectValue != nil {
            kept.append(try self.schema(alternative, node.path, of: name, depth: depth + 1))
        }
        if !kept.isEmpty { schema["anyOf"] = .array(kept) }
        return .object(schema)
    }

    private mutating func object(_ node: Node, into schema: inout JSONObject, depth: Int) throws(Unusable) {
        let isRoot = depth == 0
        // PHP writes an empty object as an empty list.
        let isEmptyList = node.members["properties"]?.arrayValue?.isEmpty ?? false
        if let raw = node.members["properties"], !raw.isNull, !isEmptyList {
            guard case .object(let properties) = raw else {
                throw Unusable(reason: "its schema has properties that are not an object")
            }
            let required = Set(node.members["required"]?.arrayValue?.compactMap(\.stringValue) ?? [])
            var kept = JSONObject()
            for (name, property) in properties where property != false {
                // Anthropic's rule for the names of arguments; theirs are passed on, so they cannot be changed.
                if isRoot, !Self.isPlain(name) {
                    guard !required.contains(name) else {
                        let shown = VisibleText.line(name.beginning(bytes: 100))
                        throw Unusable(reason: "its required argument \(shown) has a name that models cannot use")
                    }
                    continue
                }
                self.bytes += name.utf8.count
                kept[name] = try self.schema(property, node.path, of: name, depth: depth + 1)
            }
            schema["properties"] = .object(kept)
            let names = kept.keys.filter(required.contains)
            if !names.isEmpty { schema["required"] = .array(names.map { .string($0) }) }
        }
        switch node.members["additionalProperties"] {
        case .bool(let value)?: schema["additionalProperties"] = .bool(value)
        case .object(let other)?:
            schema["additionalProperties"] = try self.schema(
                .object(other), node.path, of: "additionalProperties", depth: depth + 1)
        default: break
        }
    }

    private mutating func array(_ node: Node, into schema: inout JSONObject, depth: Int) throws(Unusable) {
        let items = node.members["items"] ?? node.members["prefixItems"]
        guard items != nil || Self.names(schema["type"], "array") else { return }
        switch items {
        case .array(let list)?:
            var kept: [JSON] = []
            for item in list where item.objectValue != nil {
                kept.append(try self.schema(item, node.path, of: "items", depth: depth + 1))
            }
            schema["items"] = kept.isEmpty ? [:] : kept.count == 1 ? kept[0] : ["anyOf": .array(kept)]
        case .object(let item)?:
            schema["items"] = try self.schema(.object(item), node.path, of: "items", depth: depth + 1)
        default: schema["items"] = [:]
        }
    }

    private mutating func charge(_ cost: Int) throws(Unusable) {
        self.work += cost
        guard self.work <= Self.workLimit else { throw Unusable(reason: "its schema repeats too much of itself") }
    }

    // MARK: Merging

    /// The members of a schema with those that its `$ref` and `allOf` name.
    private mutating func flattened(_ raw: JSON, _ path: [String], depth: Int) throws(Unusable) -> Node {
        guard depth <= ModelSchema.depthLimit else {
            throw Unusable(reason: "its schema is nested deeper than \(ModelSchema.depthLimit) levels")
        }
        var node = Node(members: raw.objectValue ?? JSONObject(), path: path)
        if let reference = node.members["$ref"] {
            node.members["$ref"] = nil
            try self.follow(reference, into: &node, depth: depth)
        }
        if let parts = node.members["allOf"] {
            node.members["allOf"] = nil
            let path = node.path
            for part in parts.arrayValue ?? [] where part.objectValue != nil {
                let other = try self.flattened(part, path, depth: depth + 1)
                // Within what is merged, references count as followed from there.
                node.path += other.path.dropFirst(path.count)
                try self.merge(other.members, into: &node.members, isRequired: true)
            }
        }
        return node
    }

    private mutating func follow(_ reference: JSON, into node: inout Node, depth: Int) throws(Unusable) {
        guard let name = reference.stringValue, let target = self.target(of: name), target.objectValue != nil else {
            return try self.merge(["description": "Described elsewhere."], into: &node.members, isRequired: true)
        }
        guard !node.path.contains(name), node.path.count < ModelSchema.referenceLimit else {
            let type = Self.type(of: target.objectValue ?? [:]) ?? "object"
            return try self.merge(["type": type], into: &node.members, isRequired: true)
        }
        node.path.append(name)
        let other = try self.flattened(target, node.path, depth: depth + 1)
        node.path = other.path
        try self.merge(other.members, into: &node.members, isRequired: true)
    }

    /// Adds members; what is there already stays, properties and required names are joined.
    private mutating func merge(
        _ other: JSONObject, into members: inout JSONObject, isRequired: Bool
    ) throws(Unusable) {
        let properties = other["properties"]?.objectValue
        let required = other["required"]?.arrayValue
        try self.charge(64 * (1 + other.count + (properties?.count ?? 0) + (required?.count ?? 0)))
        for (key, value) in other where members[key] == nil && (isRequired || key == "properties") {
            members[key] = value
        }
        if let properties, var mine = members["properties"]?.objectValue {
            for (key, value) in properties where mine[key] == nil { mine[key] = value }
            members["properties"] = .object(mine)
        }
        if isRequired, let required, let mine = members["required"]?.arrayValue, mine != required {
            members["required"] = .array(mine + required)
        }
    }

    /// What a local reference (RFC 6901) names; nil for any other.
    private func target(of reference: String) -> JSON? {
        guard reference.hasPrefix("#"), reference.utf8.count <= 1_000 else { return nil }
        let steps = reference.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        guard steps.first.map(\.isEmpty) ?? true else { return nil }
        return steps.dropFirst().reduce(self.document) { (value: JSON?, step) in
            let key = String(step).replacing("~1", with: "/").replacing("~0", with: "~")
            return value?[key] ?? Int(key).flatMap { value?[$0] }
        }
    }

    // MARK: Keywords

    /// The type as written, or as other keywords imply.
    private static func type(of members: JSONObject) -> JSON? {
        switch members["type"] {
        case .string(let name)? where SchemaWords.types.contains(name): return .string(name)
        case .array(let list)?:
            var names: [JSON] = []
            for name in list.prefix(20)
            where SchemaWords.types.contains(name.stringValue ?? "") && !names.contains(name) {
                names.append(name)
            }
            if names.count == 1 { return names[0] }
            if !names.isEmpty { return .array(names) }
        default: break
        }
        if members["properties"]?.objectValue != nil { return "object" }
        if members["items"] != nil || members["prefixItems"] != nil { return "array" }
        guard let values = self.values(of: members), values.allSatisfy({ $0.stringValue != nil }) else { return nil }
        return "string"
    }

    private static func names(_ type: JSON?, _ name: JSON) -> Bool {
        type == name || type?.arrayValue?.contains(name) ?? false
    }

    /// The allowed values, if all are scalars: `enum`, or `const` as the only one.
    private static func values(of members: JSONObject) -> [JSON]? {
        let raw = members["enum"]?.arrayValue ?? members["const"].map { [$0] } ?? []
        var seen: Set<JSON> = []
        let values = raw.filter { seen.insert($0).inserted }
        let areScalars = values.allSatisfy { $0.arrayValue == nil && $0.objectValue == nil }
        return values.isEmpty || !areScalars ? nil : values
    }

    private static func isPlain(_ name: String) -> Bool {
        1...64 ~= name.utf8.count
            && name.utf8.allSatisfy {
                switch $0 {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    private func text(_ description: JSON?) -> String {
        VisibleText.of(description?.stringValue ?? "", lineBreaks: .normalized)
    }
}
