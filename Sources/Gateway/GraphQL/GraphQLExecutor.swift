internal import Chat
internal import JSON
internal import Primitives
internal import Store

/// Finds the value of a field: from its parent's JSON and its arguments.
typealias GraphQLResolver =
    @Sendable (_ scene: GraphQLScene, _ parent: JSON, _ arguments: [String: JSON]) throws -> JSON

/// What the resolvers of one request share: one read transaction, and the caller.
struct GraphQLScene {
    let context: GatewayContext
    let principal: Principal
    let ledger: Ledger
    let now: Int64
    /// What had to be read before the transaction, by the field's key in the answer.
    let prepared: [String: Result<JSON, GraphQLError>]
    /// The field that is being resolved.
    var key = ""
    let frames = FrameBudget()
    let reads = ReadBudget()
}

/// What one query may read of the store: rows have long texts, whether or not the query selects them.
final class ReadBudget {
    /// In bytes.
    static let limit = 32 << 20
    /// What a row counts besides its texts, because finding it takes time.
    static let row = 1 << 10
    /// What a day of usage counts that is read from its records.
    static let day = 24 << 10

    private var left = ReadBudget.limit
    /// Those whose messages were read.
    var threads: Set<String> = []

    func count(_ bytes: Int) { self.left -= bytes }

    /// Throws once more was read than the budget.
    func check() throws(GraphQLError) {
        guard self.left >= 0 else {
            throw GraphQLError(
                "The query reads more than \(ReadBudget.limit >> 20) MiB, with texts that it does not select: ask for "
                    + "fewer fields, for shorter lists, or for less of the usage.")
        }
    }
}

/// Checks and runs one operation (specification of October 2021, §5, §6).
struct GraphQLExecutor {
    let schema: GraphQLSchema
    private let document: GraphQLDocument
    let operation: GraphQLOperation
    let variables: [String: JSON]
    /// See ``GraphQLInput/weights(of:)``.
    private let weights: [String: Int]

    static let depthLimit = 15
    /// A list costs its `first` or `last`, times that of the lists around it; some roots cost more
    /// (``GraphQLSchema/Field/cost``).
    static let costLimit = 5_000
    static let aliasLimit = 50
    static let visitLimit = 200_000
    /// Of visits while it runs: the lists that are no connections are as long as they are.
    static let stepLimit = 200_000
    /// Of selections within each other, those of fragments included.
    static let nestingLimit = 100
    /// Of an answer, in bytes. While it is written, its values are in memory as well.
    static let answerLimit = 4 * APIRoute.pageMemory

    /// Throws for a document that cannot be run.
    init(_ request: GraphQLRequest, schema: GraphQLSchema) throws(GraphQLError) {
        self.schema = schema
        self.document = try GraphQLParser.parse(request.query)
        self.operation = try Self.operation(request.operationName, of: self.document)
        self.variables = try Self.variables(of: self.operation, from: request.variables)
        self.weights = GraphQLInput.weights(of: self.variables)
        var check = GraphQLCheck(schema: schema, document: self.document, operation: self.operation)
        try check.run(self.variables)
    }

    private static func operation(
        _ name: String?, of document: GraphQLDocument
    ) throws(GraphQLError) -> GraphQLOperation {
        let operation: GraphQLOperation
        if let name {
            guard let named = document.operations.first(where: { $0.name == name }) else {
                throw GraphQLError("The document has no operation \(name).")
            }
            operation = named
        } else {
            guard document.operations.count == 1 else {
                throw GraphQLError(
                    document.operations.isEmpty
                        ? "The document has no operation." : "Name one of the document's operations in `operationName`."
                )
            }
            operation = document.operations[0]
        }
        guard operation.kind == .query else {
            throw GraphQLError("Only queries are answered: changes are made by the REST routes.")
        }
        return operation
    }

    private static func variables(
        of operation: GraphQLOperation, from given: JSONObject
    ) throws(GraphQLError) -> [String: JSON] {
        var variables: [String: JSON] = [:]
        var names: Set<String> = []
        for variable in operation.variables {
            // Before its value is read: that of one name may be long, and there may be thousands of its declarations.
            guard names.insert(variable.name).inserted else {
                throw GraphQLError("There are two variables $\(variable.name).")
            }
            if let value = given[variable.name] {
                guard let coerced = GraphQLInput.coerce(value, to: variable.type) else {
                    throw GraphQLError("The variable $\(variable.name) must be of the type \(variable.type.text).")
                }
                variables[variable.name] = coerced
            } else if let standard = variable.standard {
                guard let coerced = GraphQLInput.value(standard, [:], variable.type) else {
                    throw GraphQLError(
                        "The variable $\(variable.name) has a default value that is not of the type \(variable.type.text)."
                    )
                }
                variables[variable.name] = coerced
            } else if variable.type.isNonNull {
                throw GraphQLError("The variable $\(variable.name) needs a value of the type \(variable.type.text).")
            }
        }
        return variables
    }

    // MARK: Running

    /// The fields that are selected from an object, merged by their key.
    func fields(
        of selections: [GraphQLSelection], on type: String
    ) -> [(key: String, fields: [GraphQLField])] {
        self.collected(selections, on: type).fields
    }

    /// The fields of one object, by CollectFields (specification of October 2021, §6.3.2).
    struct Collected {
        fileprivate(set) var fields: [(key: String, fields: [GraphQLField])] = []
        fileprivate var places: [String: Int] = [:]
        /// A fragment adds nothing new the second time.
        fileprivate var fragments: Set<String> = []
        /// What was looked at for it, at most what the document has.
        fileprivate(set) var steps = 0

        fileprivate mutating func add(_ field: GraphQLField) {
            if let place = self.places[field.key] {
                self.fields[place].fields.append(field)
            } else {
                self.places[field.key] = self.fields.count
                self.fields.append((field.key, [field]))
            }
        }
    }

    func collected(_ selections: [GraphQLSelection], on type: String) -> Collected {
        var collected = Collected()
        self.collect(selections, on: type, into: &collected)
        return collected
    }

    private func collect(_ selections: [GraphQLSelection], on type: String, into collected: inout Collected) {
        for selection in selections {
            collected.steps += selection.visits(self.weights)
            switch selection {
            case .field(let field) where self.isIncluded(field.directives): collected.add(field)
            case .spread(let name, let directives, _) where self.isIncluded(directives):
                guard collected.fragments.insert(name).inserted else { continue }
                guard let fragment = self.document.fragments[name], fragment.type == type else { continue }
                self.collect(fragment.selections, on: type, into: &collected)
            case .inline(let condition, let directives, let selections, _) where self.isIncluded(directives):
                guard condition == nil || condition == type else { continue }
                self.collect(selections, on: type, into: &collected)
            default: continue
            }
        }
    }

    private func isIncluded(_ directives: [GraphQLDirective]) -> Bool {
        directives.allSatisfy { directive in
            let flag = directive.arguments["if"].flatMap { GraphQLInput.value($0, self.variables, .named("Boolean")) }
            switch directive.name {
            case "skip": return flag?.boolValue != true
            case "include": return flag?.boolValue != false
            default: return true
            }
        }
    }

    /// What has been found so far.
    private struct Progress {
        private(set) var errors: [JSON] = []
        private var bytes = 0
        private var steps = 0

        /// Ends a query that takes too long, or that nobody waits for any more.
        mutating func take(_ steps: Int) throws(GraphQLError) {
            self.steps += steps
            guard self.steps <= GraphQLExecutor.stepLimit else {
                throw GraphQLError(
                    "The query takes more than \(GraphQLExecutor.stepLimit) steps: ask for fewer fields, or for "
                        + "shorter lists.")
            }
            guard !Task.isCancelled else { throw GraphQLError("The request was cancelled.") }
        }

        mutating func add(_ error: JSON) throws(GraphQLError) {
            self.errors.append(error)
            try self.count(error.bytes.count)
        }

        mutating func count(_ bytes: Int) throws(GraphQLError) {
            self.bytes += bytes
            guard self.bytes <= GraphQLExecutor.answerLimit else {
                throw GraphQLError(
                    "The answer is longer than \(GraphQLExecutor.answerLimit >> 20) MiB: ask for fewer fields, or for "
                        + "shorter lists.")
            }
        }
    }

    /// The answer: data, and the errors of fields that have none. Throws if it would be too long.
    func run(in scene: GraphQLScene) throws(GraphQLError) -> JSON {
        var progress = Progress()
        let data = try self.object(
            .object([:]), GraphQLSchema.query, self.operation.selections, scene, path: [], &progress)
        var answer: JSONObject = [:]
        if !progress.errors.isEmpty { answer["errors"] = .array(progress.errors) }
        answer["data"] = data ?? .null
        return .object(answer)
    }

    /// Nil when a value that must not be null is: the parent is null then.
    private func object(
        _ parent: JSON, _ type: String, _ selections: [GraphQLSelection], _ scene: GraphQLScene, path: [JSON],
        _ progress: inout Progress
    ) throws(GraphQLError) -> JSON? {
        guard let object = self.schema.objects[type] else { return .null }
        var members = JSONObject()
        let collected = self.collected(selections, on: type)
        try progress.take(collected.steps)
        for (key, fields) in collected.fields {
            let field = fields[0]
            try progress.count(key.utf8.count + 4)
            if field.name == "__typename" {
                try progress.count(type.utf8.count)
                members[key] = .string(type)
                continue
            }
            guard let definition = object[field.name] else { continue }
            let path = path + [.string(key)]
            var scene = scene
            scene.key = key
            let value: JSON
            try scene.reads.check()
            do {
                if let resolve = definition.resolve {
                    scene.reads.count(ReadBudget.row)
                    value = try resolve(scene, parent, self.arguments(of: field, definition))
                } else {
                    value = definition.member.flatMap { parent[$0] } ?? .null
                }
            } catch {
                try progress.add(Self.error(error, field.place, path))
                if definition.type.isNonNull { return nil }
                members[key] = .null
                continue
            }
            let completed = try self.complete(
                value, definition.type, fields.flatMap(\.selections), scene, path: path, &progress)
            guard let completed else {
                if definition.type.isNonNull { return nil }
                members[key] = .null
                continue
            }
            members[key] = completed
        }
        return .object(members)
    }

    private func complete(
        _ value: JSON, _ type: GraphQLTypeReference, _ selections: [GraphQLSelection], _ scene: GraphQLScene,
        path: [JSON], _ progress: inout Progress
    ) throws(GraphQLError) -> JSON? {
        switch type {
        case .nonNull(let inner):
            let completed = try self.complete(value, inner, selections, scene, path: path, &progress)
            guard let completed, !completed.isNull else { return nil }
            return completed
        case .list(let item):
            guard let items = value.arrayValue else { return .null }
            var completed: [JSON] = []
            for (index, value) in items.enumerated() {
                let path = path + [JSON(index)]
                guard let value = try self.complete(value, item, selections, scene, path: path, &progress) else {
                    return nil
                }
                completed.append(value)
            }
            return .array(completed)
        case .named(let name):
            if value.isNull { return .null }
            guard self.schema.objects[name] != nil else {
                try progress.count(value.bytes.count)
                return value
            }
            return try self.object(value, name, selections, scene, path: path, &progress)
        }
    }

    func arguments(of field: GraphQLField, _ definition: GraphQLSchema.Field) -> [String: JSON] {
        var values: [String: JSON] = [:]
        for argument in definition.arguments {
            if let given = field.arguments[argument.name],
                let value = GraphQLInput.value(given, self.variables, argument.type)
            {
                values[argument.name] = value
            } else if let standard = argument.standard {
                values[argument.name] = GraphQLInput.value(standard, [:], argument.type)
            }
        }
        return values
    }

    private static func error(_ error: any Error, _ place: GraphQLPlace, _ path: [JSON]) -> JSON {
        let message = (error as? GraphQLError)?.message ?? "The value cannot be read: \(error)"
        return .object([
            "message": .string(message), "locations": [["line": JSON(place.line), "column": JSON(place.column)]],
            "path": .array(path),
        ])
    }
}

/// A request as GraphQL over HTTP sends it.
struct GraphQLRequest {
    let query: String
    let variables: JSONObject
    let operationName: String?
}

/// Input values: constants, variables, and JSON of variables.
enum GraphQLInput {
    /// Nil if the value does not fit the type.
    static func coerce(_ json: JSON, to type: GraphQLTypeReference) -> JSON? {
        switch type {
        case .nonNull(let inner): return json.isNull ? nil : Self.coerce(json, to: inner)
        case .list(let item):
            if json.isNull { return .null }
            guard let items = json.arrayValue else { return Self.coerce(json, to: item).map { .array([$0]) } }
            let coerced = items.map { Self.coerce($0, to: item) }
            return coerced.contains { $0 == nil } ? nil : .array(coerced.compactMap { $0 })
        case .named(let name):
            if json.isNull { return .null }
            switch name {
            case "Int": return json.intValue.flatMap { Int32(exactly: $0) }.map { JSON($0) }
            case "Float": return json.doubleValue.map { .number($0) }
            case "Boolean": return json.boolValue.map { .bool($0) }
            case "String": return json.stringValue.map { .string($0) }
            case "ID": return json.stringValue.map { .string($0) } ?? json.intValue.map { .string(String($0)) }
            default: return nil
            }
        }
    }

    /// Nil if the value does not fit the type, or is a variable without a value.
    static func value(
        _ value: GraphQLValue, _ variables: [String: JSON], _ type: GraphQLTypeReference
    ) -> JSON? {
        if case .variable(let name) = value { return variables[name].flatMap { Self.coerce($0, to: type) } }
        return Self.json(value, variables).flatMap { Self.coerce($0, to: type) }
    }

    /// What the value of each variable adds to the weight of a field that has it, so that it weighs as much as if the
    /// document had the value there; see ``GraphQLValue/weight``.
    static func weights(of variables: [String: JSON]) -> [String: Int] {
        variables.mapValues { Self.weight(of: $0) - 1 }
    }

    private static func weight(of json: JSON) -> Int {
        switch json {
        case .string(let text): 1 + text.utf8.count / 16
        case .array(let items): items.reduce(1) { $0 + Self.weight(of: $1) }
        // No variable is of an input object's type.
        case .null, .bool, .integer, .number, .object: 1
        }
    }

    private static func json(_ value: GraphQLValue, _ variables: [String: JSON]) -> JSON? {
        switch value {
        case .variable(let name): variables[name] ?? .null
        case .int(let number): .integer(number)
        case .float(let number): .number(number)
        case .string(let text): .string(text)
        case .boolean(let flag): .bool(flag)
        case .null: .null
        // No argument is of an enum type.
        case .word, .object: nil
        case .list(let items): .array(items.compactMap { Self.json($0, variables) })
        }
    }
}
