internal import JSON
internal import Primitives

/// Checks an operation against the schema and the limits before anything is read (specification of October 2021, §5).
struct GraphQLCheck {
    let schema: GraphQLSchema
    let document: GraphQLDocument
    let operation: GraphQLOperation
    private var aliases = 0
    private var cost = 0
    /// Fields, fragments, arguments, bytes of their texts and directives that running it visits at most.
    private var visits = 0
    /// Selections that the current one is within, those of fragments included.
    private var nesting = 0
    /// Fragments that the current selection is within.
    private var spreads: Set<String> = []
    private var values: [String: JSON] = [:]
    /// See ``GraphQLInput/weights(of:)``.
    private var weights: [String: Int] = [:]
    private var variables: [String: GraphQLVariable] = [:]
    /// Fragments that were used.
    private var used: Set<String> = []

    init(schema: GraphQLSchema, document: GraphQLDocument, operation: GraphQLOperation) {
        self.schema = schema
        self.document = document
        self.operation = operation
    }

    mutating func run(_ values: [String: JSON]) throws(GraphQLError) {
        self.values = values
        self.weights = GraphQLInput.weights(of: values)
        for variable in self.operation.variables {
            self.variables[variable.name] = variable
            guard GraphQLSchema.scalars.contains(variable.type.name) else {
                throw GraphQLError("There is no input type \(variable.type.name).")
            }
        }
        try self.check(self.operation.selections, on: GraphQLSchema.query, depth: 1, times: 1)
        for name in self.document.fragments.keys.sorted() where !self.used.contains(name) {
            guard self.document.operations.count == 1 else { break }
            throw GraphQLError("The fragment \(name) is not used.")
        }
    }

    private mutating func check(
        _ selections: [GraphQLSelection], on type: String, depth: Int, times: Int
    ) throws(GraphQLError) {
        guard let object = self.schema.objects[type] else { return }
        // A chain of fragments within each other is as long as the document, and each takes a piece of the stack.
        self.nesting += 1
        defer { self.nesting -= 1 }
        guard self.nesting <= GraphQLExecutor.nestingLimit else {
            throw GraphQLError(
                "Fields and fragments are within each other more than \(GraphQLExecutor.nestingLimit) times.")
        }
        var keys: [String: GraphQLField] = [:]
        for selection in selections {
            try self.visit(selection, times: times)
            switch selection {
            case .field(let field):
                if let other = keys[field.key], other.name != field.name || other.arguments != field.arguments {
                    throw GraphQLError(
                        "The key \(field.key) would have two meanings: give one an alias.", at: field.place)
                }
                keys[field.key] = field
                try self.check(field, of: object, depth: depth, times: times)
            case .spread(let name, let directives, let place):
                try self.check(directives)
                guard let fragment = self.document.fragments[name] else {
                    throw GraphQLError("There is no fragment \(name).", at: place)
                }
                guard self.spreads.insert(name).inserted else {
                    throw GraphQLError("The fragment \(name) contains itself.", at: place)
                }
                try self.check(condition: fragment.type, on: type, at: place)
                self.used.insert(name)
                try self.check(fragment.selections, on: fragment.type, depth: depth, times: times)
                self.spreads.remove(name)
            case .inline(let condition, let directives, let selections, let place):
                try self.check(directives)
                if let condition { try self.check(condition: condition, on: type, at: place) }
                try self.check(selections, on: condition ?? type, depth: depth, times: times)
            }
        }
    }

    /// Fragments that are spread several times within each other would multiply without end, and with them all that
    /// they contain.
    private mutating func visit(_ selection: GraphQLSelection, times: Int) throws(GraphQLError) {
        let (visits, isOver) = selection.visits(self.weights).multipliedReportingOverflow(by: times)
        self.visits += isOver ? GraphQLExecutor.visitLimit + 1 : min(visits, GraphQLExecutor.visitLimit + 1)
        guard self.visits <= GraphQLExecutor.visitLimit else {
            throw GraphQLError(
                "The query selects more than \(GraphQLExecutor.visitLimit) fields in all, counting arguments, every 16 "
                    + "bytes of their texts, and directives: ask for fewer, or for shorter lists.")
        }
    }

    private func check(condition: String, on type: String, at place: GraphQLPlace) throws(GraphQLError) {
        guard self.schema.objects[condition] != nil else {
            throw GraphQLError("There is no object type \(condition).", at: place)
        }
        guard condition == type else {
            throw GraphQLError("A \(type) is never a \(condition).", at: place)
        }
    }

    private mutating func check(
        _ field: GraphQLField, of object: GraphQLSchema.Object, depth: Int, times: Int
    ) throws(GraphQLError) {
        guard depth <= GraphQLExecutor.depthLimit else {
            throw GraphQLError("The query is deeper than \(GraphQLExecutor.depthLimit) levels.", at: field.place)
        }
        if field.alias != nil { self.aliases += 1 }
        guard self.aliases <= GraphQLExecutor.aliasLimit else {
            throw GraphQLError("The query has more than \(GraphQLExecutor.aliasLimit) aliases.", at: field.place)
        }
        try self.check(field.directives)
        if field.name == "__typename" { return }
        guard let definition = object[field.name] else {
            let near = nearest(to: field.name, among: object.fields.map(\.name)).map { " Did you mean \($0)?" } ?? ""
            throw GraphQLError("\(object.name) has no field \(field.name).\(near)", at: field.place)
        }
        try self.check(field.arguments, of: definition, at: field.place)
        let isSearch = definition.searchCost > 0 && self.isGiven(field.arguments["query"], .named("String"))
        try self.pay(definition.cost + (isSearch ? definition.searchCost : 0), times: times, for: field)
        var times = times
        if definition.isConnection {
            guard !["first", "last"].allSatisfy({ self.isGiven(field.arguments[$0], .named("Int")) }) else {
                throw GraphQLError(
                    "\(field.name) has both `first` and `last`, which are the two ends of a list: give one of them.",
                    at: field.place)
            }
            let (count, isOver) = times.multipliedReportingOverflow(by: self.count(field, definition))
            times = isOver ? .max : count
            try self.pay(1, times: times, for: field)
        }
        let type = definition.type.name
        let isObject = self.schema.objects[type] != nil
        guard isObject == !field.selections.isEmpty else {
            let advice = isObject ? "needs a selection of fields" : "has no fields to select"
            throw GraphQLError("\(object.name).\(field.name) of the type \(type) \(advice).", at: field.place)
        }
        if isObject { try self.check(field.selections, on: type, depth: depth + 1, times: times) }
    }

    private mutating func pay(_ cost: Int, times: Int, for field: GraphQLField) throws(GraphQLError) {
        let (cost, isOver) = cost.multipliedReportingOverflow(by: times)
        self.cost += isOver ? GraphQLExecutor.costLimit + 1 : min(cost, GraphQLExecutor.costLimit + 1)
        guard self.cost <= GraphQLExecutor.costLimit else {
            throw GraphQLError(
                "The query costs more than \(GraphQLExecutor.costLimit): a list costs its `first` or `last`, times "
                    + "that of the lists around it; besides, `threads` and `tasks` with `query` cost 1,000, `analytics` "
                    + "500, `feature` and `features` 250, and `task` and `tasks` 100. Ask for less.", at: field.place)
        }
    }

    private func isGiven(_ value: GraphQLValue?, _ type: GraphQLTypeReference) -> Bool {
        value.flatMap { GraphQLInput.value($0, self.values, type) }.map { !$0.isNull } ?? false
    }

    private func count(_ field: GraphQLField, _ definition: GraphQLSchema.Field) -> Int {
        for name in ["first", "last"] {
            if let given = field.arguments[name],
                let count = GraphQLInput.value(given, self.values, .named("Int"))?.intValue
            {
                return max(1, count)
            }
        }
        guard case .int(let count) = definition.arguments.first(where: { $0.name == "first" })?.standard else {
            return 1
        }
        return Int(count)
    }

    private func check(
        _ given: [String: GraphQLValue], of definition: GraphQLSchema.Field, at place: GraphQLPlace
    ) throws(GraphQLError) {
        for (name, value) in given.sorted(by: { $0.key < $1.key }) {
            guard let argument = definition.arguments.first(where: { $0.name == name }) else {
                let names = definition.arguments.map(\.name)
                let near = nearest(to: name, among: names).map { " Did you mean \($0)?" } ?? ""
                throw GraphQLError("\(definition.name) has no argument \(name).\(near)", at: place)
            }
            if case .variable(let variable) = value {
                guard let declared = self.variables[variable] else {
                    throw GraphQLError("The operation has no variable $\(variable).", at: place)
                }
                let isID = argument.type.name == "ID" && declared.type.name == "String"
                guard declared.type.name == argument.type.name || isID else {
                    throw GraphQLError(
                        "$\(variable) is of the type \(declared.type.text), and \(name) takes \(argument.type.text).",
                        at: place)
                }
                guard self.values[variable] == nil, argument.type.isNonNull else { continue }
                throw GraphQLError("The argument \(name) needs a value.", at: place)
            }
            guard GraphQLInput.value(value, self.values, argument.type) != nil else {
                throw GraphQLError("The argument \(name) must be of the type \(argument.type.text).", at: place)
            }
        }
        for argument in definition.arguments where argument.type.isNonNull && given[argument.name] == nil {
            throw GraphQLError("\(definition.name) needs the argument \(argument.name).", at: place)
        }
    }

    private func check(_ directives: [GraphQLDirective]) throws(GraphQLError) {
        for directive in directives {
            guard ["skip", "include"].contains(directive.name) else {
                throw GraphQLError("There is no directive @\(directive.name).", at: directive.place)
            }
            guard directive.arguments.count == 1, let value = directive.arguments["if"],
                GraphQLInput.value(value, self.values, .named("Boolean"))?.boolValue != nil
            else {
                throw GraphQLError("@\(directive.name) needs the argument if: true or false.", at: directive.place)
            }
        }
    }
}

extension GraphQLSelection {
    /// How much is looked at to select it, without what is within it.
    ///
    /// - Parameter weights: Of variables; see ``GraphQLInput/weights(of:)``.
    func visits(_ weights: [String: Int]) -> Int {
        switch self {
        case .field(let field):
            field.variables.reduce(1 + field.weight) { $0 + (weights[$1] ?? 0) } + Self.visits(of: field.directives)
        case .spread(_, let directives, _), .inline(_, let directives, _, _): 1 + Self.visits(of: directives)
        }
    }

    private static func visits(of directives: [GraphQLDirective]) -> Int {
        directives.reduce(0) { $0 + 1 + $1.arguments.count }
    }
}
