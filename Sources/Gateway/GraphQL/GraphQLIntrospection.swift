internal import JSON
internal import Primitives

/// The schema as data (specification of October 2021, §4).
enum GraphQLIntrospection {
    /// The fields `__schema` and `__type`, and the types that describe types.
    static func extend(_ schema: inout GraphQLSchema) {
        for object in Self.objects { schema.add(object) }
        let described = Described(schema: schema)
        for (type, fields) in Self.resolvers(described) { schema.extend(type, with: fields) }
    }

    /// The schema that is described. Its own root fields `__schema` and `__type` are not listed.
    private struct Described: Sendable {
        let schema: GraphQLSchema
        /// Fields of types that were asked for: a short query can ask for each of them thousands of times.
        private let described = Protected<[String: JSON]>([:])

        init(schema: GraphQLSchema) { self.schema = schema }

        var json: JSON {
            [
                "description": .null, "types": .array(self.types.map { Self.named($0, self.kind($0)) }),
                "queryType": Self.named(GraphQLSchema.query, "OBJECT"), "mutationType": .null,
                "subscriptionType": .null, "directives": .array(["include", "skip"].map(Self.directive)),
            ]
        }

        var types: [String] {
            GraphQLSchema.scalars + self.schema.enums.keys.sorted() + self.schema.names
        }

        func kind(_ name: String) -> String {
            if self.schema.objects[name] != nil { return "OBJECT" }
            return self.schema.enums[name] != nil || Self.kinds[name] != nil ? "ENUM" : "SCALAR"
        }

        func type(_ name: String) -> JSON {
            self.types.contains(name) || Self.kinds[name] != nil ? Self.named(name, self.kind(name)) : .null
        }

        static func named(_ name: String, _ kind: String) -> JSON {
            ["kind": .string(kind), "name": .string(name), "ofType": .null]
        }

        func reference(_ type: GraphQLTypeReference) -> JSON {
            switch type {
            case .named(let name): Self.named(name, self.kind(name))
            case .list(let inner): ["kind": "LIST", "name": .null, "ofType": self.reference(inner)]
            case .nonNull(let inner): ["kind": "NON_NULL", "name": .null, "ofType": self.reference(inner)]
            }
        }

        func fields(of name: String) -> JSON {
            guard let object = self.schema.objects[name] else { return .null }
            if let fields = self.described.withLock({ $0[name] }) { return fields }
            let fields = JSON.array(
                object.fields.filter { !$0.name.hasPrefix("__") }.map { field in
                    [
                        "name": .string(field.name), "description": Self.text(field.text),
                        "args": .array(field.arguments.map(self.argument)), "type": self.reference(field.type),
                        "isDeprecated": .bool(field.deprecation != nil),
                        "deprecationReason": field.deprecation.map { .string($0) } ?? .null,
                    ]
                })
            self.described.withLock { $0[name] = fields }
            return fields
        }

        func argument(_ argument: GraphQLSchema.Argument) -> JSON {
            [
                "name": .string(argument.name), "description": Self.text(argument.text),
                "type": self.reference(argument.type),
                "defaultValue": argument.standard.map { .string($0.text) } ?? .null, "isDeprecated": false,
                "deprecationReason": .null,
            ]
        }

        func words(of name: String) -> JSON {
            guard let words = self.schema.enums[name] ?? Self.kinds[name] else { return .null }
            return .array(
                words.map { word in
                    [
                        "name": .string(word), "description": .null, "isDeprecated": false,
                        "deprecationReason": .null,
                    ]
                })
        }

        static func text(_ text: String) -> JSON { text.isEmpty ? .null : .string(text) }

        static func directive(_ name: String) -> JSON {
            [
                "name": .string(name), "description": .null, "isRepeatable": false,
                "locations": ["FIELD", "FRAGMENT_SPREAD", "INLINE_FRAGMENT"],
                "args": [
                    [
                        "name": "if", "description": .null, "defaultValue": .null, "isDeprecated": false,
                        "deprecationReason": .null,
                        "type": ["kind": "NON_NULL", "name": .null, "ofType": Self.named("Boolean", "SCALAR")],
                    ]
                ],
            ]
        }

        static let kinds = [
            "__TypeKind": ["SCALAR", "OBJECT", "INTERFACE", "UNION", "ENUM", "INPUT_OBJECT", "LIST", "NON_NULL"],
            "__DirectiveLocation": ["QUERY", "FIELD", "FRAGMENT_DEFINITION", "FRAGMENT_SPREAD", "INLINE_FRAGMENT"],
        ]
    }

    private static func resolvers(_ described: Described) -> [(String, [GraphQLSchema.Field])] {
        func ofType(
            _ name: String, _ type: GraphQLTypeReference, _ value: @escaping @Sendable (String) -> JSON
        ) -> GraphQLSchema.Field {
            let filter = GraphQLSchema.Argument(
                name: "includeDeprecated", text: "", type: .named("Boolean"), standard: .boolean(false))
            let hasFilter = ["fields", "enumValues", "inputFields"].contains(name)
            return GraphQLSchema.Field(
                name: name, text: "", arguments: hasFilter ? [filter] : [], type: type,
                resolve: { _, parent, _ in parent["name"]?.stringValue.map(value) ?? .null })
        }
        let schema = GraphQLSchema.Field(
            name: "__schema", text: "", type: .nonNull(.named("__Schema")), resolve: { _, _, _ in described.json })
        let type = GraphQLSchema.Field(
            name: "__type", text: "",
            arguments: [.init(name: "name", text: "", type: .nonNull(.named("String")))], type: .named("__Type"),
            resolve: { _, _, arguments in described.type(arguments["name"]?.stringValue ?? "") })
        return [
            (GraphQLSchema.query, [schema, type]),
            (
                "__Type",
                [
                    ofType("description", .named("String")) { name in
                        Described.text(described.schema.objects[name]?.text ?? "")
                    },
                    ofType("specifiedByURL", .named("String")) { _ in .null },
                    ofType("fields", Self.list("__Field")) { described.fields(of: $0) },
                    ofType("interfaces", Self.list("__Type")) { described.schema.objects[$0] == nil ? .null : [] },
                    ofType("possibleTypes", Self.list("__Type")) { _ in .null },
                    ofType("enumValues", Self.list("__EnumValue")) { described.words(of: $0) },
                    ofType("inputFields", Self.list("__InputValue")) { _ in .null },
                    ofType("isOneOf", .named("Boolean")) { _ in .null },
                ]
            ),
        ]
    }

    private static func list(_ name: String) -> GraphQLTypeReference { .list(.nonNull(.named(name))) }

    private static let objects: [GraphQLSchema.Object] = {
        func field(
            _ name: String, _ type: GraphQLTypeReference, _ arguments: [GraphQLSchema.Argument] = []
        ) -> GraphQLSchema.Field {
            GraphQLSchema.Field(name: name, text: "", arguments: arguments, type: type, member: name)
        }
        let filter = GraphQLSchema.Argument(
            name: "includeDeprecated", text: "", type: .named("Boolean"), standard: .boolean(false))
        let (text, name) = (GraphQLTypeReference.named("String"), GraphQLTypeReference.nonNull(.named("String")))
        let flag = GraphQLTypeReference.nonNull(.named("Boolean"))
        let type = GraphQLTypeReference.nonNull(.named("__Type"))
        let values = GraphQLTypeReference.nonNull(Self.list("__InputValue"))
        let aging = [field("isDeprecated", flag), field("deprecationReason", text)]
        return [
            .init(
                name: "__Schema",
                fields: [
                    field("description", text), field("types", .nonNull(Self.list("__Type"))),
                    field("queryType", type), field("mutationType", .named("__Type")),
                    field("subscriptionType", .named("__Type")),
                    field("directives", .nonNull(Self.list("__Directive"))),
                ]),
            .init(
                name: "__Type",
                fields: [
                    field("kind", .nonNull(.named("__TypeKind"))), field("name", text),
                    field("ofType", .named("__Type")),
                ]),
            .init(
                name: "__Field",
                fields: [
                    field("name", name), field("description", text), field("args", values, [filter]),
                    field("type", type),
                ] + aging),
            .init(
                name: "__InputValue",
                fields: [
                    field("name", name), field("description", text), field("type", type),
                    field("defaultValue", text),
                ] + aging),
            .init(name: "__EnumValue", fields: [field("name", name), field("description", text)] + aging),
            .init(
                name: "__Directive",
                fields: [
                    field("name", name), field("description", text),
                    field("locations", .nonNull(.list(.nonNull(.named("__DirectiveLocation"))))),
                    field("args", values, [filter]), field("isRepeatable", flag),
                ]),
        ]
    }()
}
