/// Parses a GraphQL document (specification of October 2021, §2).
struct GraphQLParser {
    private var lexer: GraphQLLexer
    private var token: GraphQLLexer.Token
    private var depth = 0

    /// Of nested selections, lists and types.
    static let depthLimit = 60
    static let tokenLimit = 15_000
    /// In bytes.
    static let nameLimit = 255

    private init(_ text: String) throws(GraphQLError) {
        self.lexer = GraphQLLexer(text)
        self.token = try self.lexer.next()
    }

    static func parse(_ text: String) throws(GraphQLError) -> GraphQLDocument {
        var parser = try GraphQLParser(text)
        var document = GraphQLDocument()
        repeat { try parser.definition(&document) } while parser.token.kind != .end
        return document
    }

    // MARK: Definitions

    private mutating func definition(_ document: inout GraphQLDocument) throws(GraphQLError) {
        if self.token.kind == .mark("{") {
            document.operations.append(GraphQLOperation(selections: try self.selections()))
            return
        }
        let word = try self.name()
        if word == "fragment" {
            let name = try self.name()
            guard name != "on" else { throw self.unexpected() }
            try self.expect(word: "on")
            let type = try self.name()
            _ = try self.directives()
            guard document.fragments[name] == nil else {
                throw GraphQLError("There are two fragments \(name).", at: self.token.place)
            }
            document.fragments[name] = GraphQLFragment(type: type, selections: try self.selections())
            return
        }
        guard let kind = GraphQLOperation.Kind(rawValue: word) else { throw self.unexpected() }
        var operation = GraphQLOperation(kind: kind)
        if case .name = self.token.kind { operation.name = try self.name() }
        if self.token.kind == .mark("(") { operation.variables = try self.variables() }
        _ = try self.directives()
        operation.selections = try self.selections()
        document.operations.append(operation)
    }

    private mutating func variables() throws(GraphQLError) -> [GraphQLVariable] {
        try self.skip("(")
        var variables: [GraphQLVariable] = []
        repeat {
            try self.skip("$")
            let name = try self.name()
            try self.skip(":")
            let type = try self.type()
            var standard: GraphQLValue?
            if self.token.kind == .mark("=") {
                try self.advance()
                standard = try self.value(isConstant: true)
            }
            _ = try self.directives()
            variables.append(GraphQLVariable(name: name, type: type, standard: standard))
        } while self.token.kind != .mark(")")
        try self.advance()
        return variables
    }

    private mutating func type() throws(GraphQLError) -> GraphQLTypeReference {
        try self.descend()
        defer { self.depth -= 1 }
        var type: GraphQLTypeReference
        if self.token.kind == .mark("[") {
            try self.advance()
            type = .list(try self.type())
            try self.skip("]")
        } else {
            type = .named(try self.name())
        }
        if self.token.kind == .mark("!") {
            try self.advance()
            type = .nonNull(type)
        }
        return type
    }

    // MARK: Selections

    private mutating func selections() throws(GraphQLError) -> [GraphQLSelection] {
        try self.descend()
        defer { self.depth -= 1 }
        try self.skip("{")
        var selections: [GraphQLSelection] = []
        repeat { selections.append(try self.selection()) } while self.token.kind != .mark("}")
        try self.advance()
        return selections
    }

    private mutating func selection() throws(GraphQLError) -> GraphQLSelection {
        let place = self.token.place
        guard self.token.kind == .mark("...") else { return .field(try self.field()) }
        try self.advance()
        if case .name(let name) = self.token.kind, name != "on" {
            try self.advance()
            return .spread(name: name, directives: try self.directives(), place: place)
        }
        var type: String?
        if case .name = self.token.kind {
            try self.expect(word: "on")
            type = try self.name()
        }
        let directives = try self.directives()
        return .inline(type: type, directives: directives, selections: try self.selections(), place: place)
    }

    private mutating func field() throws(GraphQLError) -> GraphQLField {
        let place = self.token.place
        var name = try self.name()
        var alias: String?
        if self.token.kind == .mark(":") {
            try self.advance()
            (alias, name) = (name, try self.name())
        }
        let arguments = try self.arguments()
        let directives = try self.directives()
        let selections = self.token.kind == .mark("{") ? try self.selections() : []
        return GraphQLField(
            alias: alias, name: name, arguments: arguments, weight: arguments.values.reduce(0) { $0 + $1.weight },
            variables: arguments.values.flatMap(\.variables), directives: directives, selections: selections,
            place: place)
    }

    private mutating func arguments() throws(GraphQLError) -> [String: GraphQLValue] {
        guard self.token.kind == .mark("(") else { return [:] }
        try self.advance()
        var arguments: [String: GraphQLValue] = [:]
        repeat {
            let place = self.token.place
            let name = try self.name()
            try self.skip(":")
            guard arguments[name] == nil else { throw GraphQLError("There are two arguments \(name).", at: place) }
            arguments[name] = try self.value()
        } while self.token.kind != .mark(")")
        try self.advance()
        return arguments
    }

    private mutating func directives() throws(GraphQLError) -> [GraphQLDirective] {
        var directives: [GraphQLDirective] = []
        while self.token.kind == .mark("@") {
            let place = self.token.place
            try self.advance()
            let name = try self.name()
            directives.append(GraphQLDirective(name: name, arguments: try self.arguments(), place: place))
        }
        return directives
    }

    // MARK: Values

    private mutating func value(isConstant: Bool = false) throws(GraphQLError) -> GraphQLValue {
        try self.descend()
        defer { self.depth -= 1 }
        switch self.token.kind {
        case .mark("$") where !isConstant:
            try self.advance()
            return .variable(try self.name())
        case .mark("["):
            try self.advance()
            var items: [GraphQLValue] = []
            while self.token.kind != .mark("]") { items.append(try self.value(isConstant: isConstant)) }
            try self.advance()
            return .list(items)
        case .mark("{"):
            try self.advance()
            var members: [String: GraphQLValue] = [:]
            while self.token.kind != .mark("}") {
                let name = try self.name()
                try self.skip(":")
                members[name] = try self.value(isConstant: isConstant)
            }
            try self.advance()
            return .object(members)
        case .int(let number): return try self.done(.int(number))
        case .float(let number): return try self.done(.float(number))
        case .string(let text): return try self.done(.string(text))
        case .name("true"): return try self.done(.boolean(true))
        case .name("false"): return try self.done(.boolean(false))
        case .name("null"): return try self.done(.null)
        case .name(let word): return try self.done(.word(word))
        default: throw self.unexpected()
        }
    }

    private mutating func done(_ value: GraphQLValue) throws(GraphQLError) -> GraphQLValue {
        try self.advance()
        return value
    }

    // MARK: Tokens

    private mutating func advance() throws(GraphQLError) { self.token = try self.lexer.next() }

    private mutating func name() throws(GraphQLError) -> String {
        guard case .name(let name) = self.token.kind else { throw self.unexpected() }
        try self.advance()
        return name
    }

    private mutating func expect(word: String) throws(GraphQLError) {
        guard self.token.kind == .name(word) else { throw self.unexpected() }
        try self.advance()
    }

    private mutating func skip(_ mark: String) throws(GraphQLError) {
        guard self.token.kind == .mark(mark) else { throw self.unexpected(instead: mark) }
        try self.advance()
    }

    private mutating func descend() throws(GraphQLError) {
        self.depth += 1
        guard self.depth <= Self.depthLimit else {
            throw GraphQLError("The document nests deeper than \(Self.depthLimit) levels.", at: self.token.place)
        }
    }

    private func unexpected(instead mark: String? = nil) -> GraphQLError {
        let expected = mark.map { ", where \($0) was expected" } ?? ""
        return GraphQLError("Syntax error: unexpected \(self.token.kind)\(expected).", at: self.token.place)
    }
}

/// A mistake in a document, or why a field has no value.
struct GraphQLError: Error, Sendable, Equatable {
    let message: String
    let place: GraphQLPlace?

    init(_ message: String, at place: GraphQLPlace? = nil) {
        self.message = message
        self.place = place
    }
}
