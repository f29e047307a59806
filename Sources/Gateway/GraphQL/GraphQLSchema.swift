internal import JSON
internal import Schemas

/// The types of the GraphQL interface: those of the API's answers in camel case, with edges between them.
struct GraphQLSchema: Sendable {
    struct Argument: Sendable {
        let name: String
        let text: String
        let type: GraphQLTypeReference
        var standard: GraphQLValue?
    }

    struct Field: Sendable {
        let name: String
        let text: String
        var arguments: [Argument] = []
        let type: GraphQLTypeReference
        /// The member of the parent's JSON; nil where ``resolve`` finds the value.
        var member: String?
        /// What to use instead; nil for a field that stays.
        var deprecation: String?
        var resolve: GraphQLResolver?
        /// Costs as much as its argument `first` or `last` says.
        var isConnection = false
        /// What finding the value costs besides that, where it takes far more than a look at a row: reading a
        /// repository, or adding up all that was used.
        var cost = 0
        /// What it costs besides if its argument `query` is given.
        var searchCost = 0
    }

    struct Object: Sendable {
        let name: String
        var text = ""
        var fields: [Field]

        subscript(name: String) -> Field? { self.fields.first { $0.name == name } }
    }

    private(set) var objects: [String: Object] = [:]
    private(set) var enums: [String: [String]] = [:]
    /// In the order of the SDL.
    private(set) var names: [String] = []

    static let query = "Query"
    static let scalars = ["Boolean", "DateTime", "Float", "ID", "Int", "JSON", "String"]

    mutating func add(_ object: Object) {
        if self.objects[object.name] == nil { self.names.append(object.name) }
        self.objects[object.name] = object
    }

    /// Adds the object types of a table, with all that they name.
    mutating func add(_ table: SchemaTable) {
        for name in table.names {
            guard let object = table.objects[name] else { continue }
            let fields = object.members.map { member in
                Field(
                    name: MemberName.camel(member.name), text: member.schema.note.text ?? "",
                    type: self.type(of: member.schema, named: member.name, in: name), member: member.name,
                    deprecation: member.schema.note.deprecation)
            }
            self.add(Object(name: name, fields: fields))
        }
    }

    mutating func extend(_ name: String, with fields: [Field]) {
        self.objects[name]?.fields += fields
    }

    /// Adds the connection of a type, after the Relay specification of cursor connections.
    ///
    /// - Parameter node: the type, where `name` only names the connection.
    mutating func addConnection(of name: String, node: String? = nil) {
        let node = GraphQLTypeReference.nonNull(.named(node ?? name))
        func field(_ name: String, _ type: GraphQLTypeReference) -> Field {
            Field(name: name, text: "", type: type, member: name)
        }
        self.add(
            Object(
                name: "\(name)Connection",
                fields: [
                    field("edges", .nonNull(.list(.nonNull(.named("\(name)Edge"))))),
                    field("nodes", .nonNull(.list(node))),
                    field("pageInfo", .nonNull(.named("PageInfo"))),
                ]))
        self.add(
            Object(
                name: "\(name)Edge",
                fields: [field("cursor", .nonNull(.named("String"))), field("node", node)]))
        if self.objects["PageInfo"] == nil {
            self.add(
                Object(
                    name: "PageInfo",
                    fields: [
                        field("hasNextPage", .nonNull(.named("Boolean"))),
                        field("hasPreviousPage", .nonNull(.named("Boolean"))),
                        field("startCursor", .named("String")), field("endCursor", .named("String")),
                    ]))
        }
    }

    private mutating func type(
        of schema: Schema, named member: String, in object: String
    ) -> GraphQLTypeReference {
        let type: GraphQLTypeReference =
            switch schema.kind {
            case .string where schema.note.format == "date-time": .named("DateTime")
            case .string: .named(member == "id" || member.hasSuffix("_id") ? "ID" : "String")
            case .integer: .named("Int")
            case .number: .named("Float")
            case .boolean: .named("Boolean")
            case .any, .map: .named("JSON")
            case .choice(let words): .named(self.word(of: words, named: member, in: object))
            case .array(let item): .list(self.type(of: item, named: member, in: object))
            case .object(let name): .named(name)
            }
        return schema.isNullable ? type : .nonNull(type)
    }

    /// An enum, if its words can be names of one.
    private mutating func word(of words: [String], named member: String, in object: String) -> String {
        let isNamed = words.allSatisfy { word in
            word.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == 0x5F }
                && !["true", "false", "null"].contains(word)
        }
        guard isNamed else { return "String" }
        if let known = self.enums.first(where: { $0.value == words }) { return known.key }
        let name = object + MemberName.camel("_" + member).prefix(1).uppercased() + MemberName.camel(member).dropFirst()
        self.enums[name] = words
        return name
    }

    // MARK: SDL

    /// The schema in the schema definition language.
    var text: String {
        var parts: [String] = ["scalar DateTime", "scalar JSON"]
        for name in self.enums.keys.sorted() {
            parts.append("enum \(name) {\n\((self.enums[name] ?? []).map { "  \($0)\n" }.joined())}")
        }
        for name in self.names where !name.hasPrefix("__") {
            guard let object = self.objects[name] else { continue }
            let fields = object.fields.filter { !$0.name.hasPrefix("__") }.map { field in
                Self.description(field.text, indent: "  ")
                    + "  \(field.name)\(Self.text(of: field.arguments)): \(field.type.text)\(Self.deprecation(field))\n"
            }
            parts.append(Self.description(object.text, indent: "") + "type \(name) {\n\(fields.joined())}")
        }
        return parts.joined(separator: "\n\n") + "\n"
    }

    private static func deprecation(_ field: Field) -> String {
        field.deprecation.map { " @deprecated(reason: \(JSON.string($0).text))" } ?? ""
    }

    private static func description(_ text: String, indent: String) -> String {
        text.isEmpty ? "" : "\(indent)\(JSON.string(text).text)\n"
    }

    private static func text(of arguments: [Argument]) -> String {
        guard !arguments.isEmpty else { return "" }
        let parts = arguments.map { argument in
            (argument.text.isEmpty ? "" : "\(JSON.string(argument.text).text) ")
                + "\(argument.name): \(argument.type.text)\(argument.standard.map { " = \($0.text)" } ?? "")"
        }
        return "(\(parts.joined(separator: ", ")))"
    }
}

extension GraphQLValue {
    /// As a constant of the language.
    var text: String {
        switch self {
        case .variable(let name): "$\(name)"
        case .int(let number): "\(number)"
        case .float(let number): "\(number)"
        case .string(let text): JSON.string(text).text
        case .boolean(let flag): "\(flag)"
        case .null: "null"
        case .word(let word): word
        case .list(let items): "[\(items.map(\.text).joined(separator: ", "))]"
        case .object(let members):
            "{\(members.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.text)" }.joined(separator: ", "))}"
        }
    }
}
