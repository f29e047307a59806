internal import EventLoop
internal import JSON

/// Checks an operation against the schema, then performs it.
@Net
struct GraphQLExecutor {
    let document: GraphQLDocument
    let operation: GraphQLDocument.Operation
    let variables: JSONObject
    /// Errors of fields that leave the rest of the answer whole.
    private(set) var errors: [JSON] = []

    init(document: GraphQLDocument, operation: GraphQLDocument.Operation, variables: JSONObject) throws(GraphQLProblem)
    {
        self.document = document
        self.operation = operation
        var given = variables
        for variable in operation.variables where given[variable.name] == nil {
            guard let standard = variable.standard else { continue }
            given[variable.name] = Self.json(standard, [:])
        }
        self.variables = given
        for variable in operation.variables {
            try GitHubSchema.check(given[variable.name], is: variable.type, variable: variable.name)
        }
    }

    // MARK: Checks

    func validate() throws(GraphQLProblem) {
        let root = self.operation.kind == "mutation" ? "Mutation" : "Query"
        try self.validate(
            self.operation.selections, of: root,
            path: [self.operation.name.map { "\(self.operation.kind) \($0)" } ?? self.operation.kind])
    }

    private func validate(
        _ selections: [GraphQLDocument.Selection], of type: String, path: [String]
    ) throws(GraphQLProblem) {
        for selection in selections {
            switch selection {
            case .spread(let name):
                guard let fragment = self.document.fragments[name] else {
                    throw GraphQLProblem(
                        "Fragment \(name) was used, but not defined", code: "useAndDefineFragment", path: path)
                }
                try self.validate(fragment.selections, of: fragment.type, path: path)
            case .inline(let other, let inner): try self.validate(inner, of: other ?? type, path: path)
            case .field(let field):
                if field.name == "__typename" { continue }
                guard let known = GitHubSchema.types[type] else { continue }
                let here = path + [field.alias]
                guard let result = known[field.name] else {
                    throw GraphQLProblem(
                        "Field '\(field.name)' doesn't exist on type '\(type)'", code: "undefinedField", path: here,
                        extensions: ["typeName": .string(type), "fieldName": .string(field.name)])
                }
                if GitHubSchema.types[result] != nil, field.selections.isEmpty {
                    throw GraphQLProblem(
                        "Field must have selections (field '\(field.name)' returns \(result) but has no selections. Did you mean '\(field.name) { ... }'?)",
                        code: "selectionMismatch", path: here)
                }
                try self.validate(field.selections, of: result, path: here)
            }
        }
    }

    static func json(_ value: GraphQLDocument.Value, _ variables: JSONObject) -> JSON {
        switch value {
        case .variable(let name): variables[name] ?? .null
        case .literal(let json): json
        case .list(let list): .array(list.map { Self.json($0, variables) })
        case .object(let members): .object(JSONObject(members: members.map { ($0.0, Self.json($0.1, variables)) }))
        }
    }

    // MARK: Performing

    mutating func perform(_ root: GraphQLObject) async throws -> JSON {
        try await self.perform(self.operation.selections, of: root, path: [])
    }

    private mutating func perform(
        _ selections: [GraphQLDocument.Selection], of object: GraphQLObject, path: [String]
    ) async throws -> JSON {
        var result = JSONObject()
        for field in self.fields(selections, of: object) {
            let here = path + [field.alias]
            if field.name == "__typename" {
                result[field.alias] = .string(object.type)
                continue
            }
            guard let resolver = object.fields[field.name] else {
                result[field.alias] = .null
                continue
            }
            let arguments = JSONObject(members: field.arguments.map { ($0.0, Self.json($0.1, self.variables)) })
            do {
                switch try await resolver(arguments) {
                case .value(let json): result[field.alias] = json
                case .object(nil): result[field.alias] = .null
                case .object(let inner?):
                    result[field.alias] = try await self.perform(field.selections, of: inner, path: here)
                case .list(let list):
                    var items: [JSON] = []
                    for item in list { items.append(try await self.perform(field.selections, of: item, path: here)) }
                    result[field.alias] = .array(items)
                }
            } catch var problem as GraphQLProblem {
                problem.path = here
                self.errors.append(problem.shape)
                result[field.alias] = .null
            }
        }
        return .object(result)
    }

    private func fields(
        _ selections: [GraphQLDocument.Selection], of object: GraphQLObject
    ) -> [GraphQLDocument.Field] {
        selections.flatMap { selection -> [GraphQLDocument.Field] in
            switch selection {
            case .field(let field): [field]
            case .spread(let name): self.fields(self.document.fragments[name]?.selections ?? [], of: object)
            case .inline(let type, let inner):
                type == nil || type == object.type ? self.fields(inner, of: object) : []
            }
        }
    }
}
