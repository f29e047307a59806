internal import JSON

/// Parses GraphQL queries (the specification's "Executable Definitions").
struct GraphQLParser {
    struct Failure: Error {
        var message: String
    }

    private enum Token: Equatable {
        case name(String)
        case mark(Character)
        case spread
        case string(String)
        case number(JSON)
        case end
    }

    private var tokens: [Token] = []
    private var position = 0

    static func parse(_ text: String) throws(Failure) -> GraphQLDocument {
        var parser = GraphQLParser()
        try parser.scan(text)
        return try parser.document()
    }

    // MARK: Tokens

    private mutating func scan(_ text: String) throws(Failure) {
        var rest = text[...]
        while let letter = rest.first {
            if letter.isWhitespace || letter == "," || letter == "\u{FEFF}" {
                rest.removeFirst()
            } else if letter == "#" {
                rest = rest.drop { !$0.isNewline }
            } else if letter == "_" || letter.isLetter {
                let word = rest.prefix { $0 == "_" || $0.isLetter || $0.isNumber }
                self.tokens.append(.name(String(word)))
                rest = rest.dropFirst(word.count)
            } else if letter == "-" || letter.isNumber {
                let word = rest.prefix { "-+.eE".contains($0) || $0.isNumber }
                guard let number = try? JSON.parse(String(word)) else {
                    throw Failure(message: "Expected a number, actual: \(word)")
                }
                self.tokens.append(.number(number))
                rest = rest.dropFirst(word.count)
            } else if letter == "\"" {
                var end = rest.index(after: rest.startIndex)
                while end < rest.endIndex, rest[end] != "\"" {
                    if rest[end] == "\\" { end = rest.index(after: end) }
                    if end < rest.endIndex { end = rest.index(after: end) }
                }
                guard end < rest.endIndex, let string = try? JSON.parse(String(rest[...end])).stringValue else {
                    throw Failure(message: "Unterminated string")
                }
                self.tokens.append(.string(string))
                rest = rest[rest.index(after: end)...]
            } else if rest.hasPrefix("...") {
                self.tokens.append(.spread)
                rest = rest.dropFirst(3)
            } else {
                self.tokens.append(.mark(letter))
                rest.removeFirst()
            }
        }
    }

    private var next: Token { self.position < self.tokens.count ? self.tokens[self.position] : .end }

    private mutating func take(_ mark: Character) -> Bool {
        guard self.next == .mark(mark) else { return false }
        self.position += 1
        return true
    }

    private mutating func expect(_ mark: Character) throws(Failure) {
        guard self.take(mark) else { throw Failure(message: "Expected \(mark), actual: \(self.next)") }
    }

    private mutating func name() throws(Failure) -> String {
        guard case .name(let name) = self.next else { throw Failure(message: "Expected a name, actual: \(self.next)") }
        self.position += 1
        return name
    }

    // MARK: Grammar

    private mutating func document() throws(Failure) -> GraphQLDocument {
        var document = GraphQLDocument()
        while self.next != .end {
            if self.next == .mark("{") {
                document.operations.append(
                    .init(kind: "query", name: nil, variables: [], selections: try self.selections()))
                continue
            }
            let kind = try self.name()
            switch kind {
            case "query", "mutation":
                var operation = GraphQLDocument.Operation(kind: kind, name: nil, variables: [], selections: [])
                if case .name(let name) = self.next {
                    operation.name = name
                    self.position += 1
                }
                if self.take("(") { operation.variables = try self.variables() }
                operation.selections = try self.selections()
                document.operations.append(operation)
            case "fragment":
                let name = try self.name()
                _ = try self.name()
                let type = try self.name()
                document.fragments[name] = .init(type: type, selections: try self.selections())
            default: throw Failure(message: "Expected an operation or a fragment, actual: \(kind)")
            }
        }
        if document.operations.isEmpty {
            throw Failure(message: "A query attribute must be specified and must be a string.")
        }
        return document
    }

    private mutating func variables() throws(Failure) -> [GraphQLDocument.Variable] {
        var variables: [GraphQLDocument.Variable] = []
        while !self.take(")") {
            try self.expect("$")
            let name = try self.name()
            try self.expect(":")
            let type = try self.type()
            variables.append(.init(name: name, type: type, standard: self.take("=") ? try self.value() : nil))
        }
        return variables
    }

    private mutating func type() throws(Failure) -> String {
        var type: String
        if self.take("[") {
            type = "[\(try self.type())]"
            try self.expect("]")
        } else {
            type = try self.name()
        }
        if self.take("!") { type += "!" }
        return type
    }

    private mutating func selections() throws(Failure) -> [GraphQLDocument.Selection] {
        try self.expect("{")
        var selections: [GraphQLDocument.Selection] = []
        while !self.take("}") {
            if self.next == .spread {
                self.position += 1
                selections.append(try self.fragment())
                continue
            }
            var name = try self.name()
            let alias = name
            if self.take(":") { name = try self.name() }
            let arguments = self.take("(") ? try self.arguments() : []
            selections.append(
                .field(
                    .init(
                        alias: alias, name: name, arguments: arguments,
                        selections: self.next == .mark("{") ? try self.selections() : [])))
        }
        return selections
    }

    private mutating func fragment() throws(Failure) -> GraphQLDocument.Selection {
        if case .name(let name) = self.next, name != "on" {
            self.position += 1
            return .spread(name)
        }
        var type: String?
        if case .name = self.next {
            self.position += 1
            type = try self.name()
        }
        return .inline(type, try self.selections())
    }

    private mutating func arguments(until end: Character = ")") throws(Failure) -> [(String, GraphQLDocument.Value)] {
        var arguments: [(String, GraphQLDocument.Value)] = []
        while !self.take(end) {
            let name = try self.name()
            try self.expect(":")
            arguments.append((name, try self.value()))
        }
        return arguments
    }

    private mutating func value() throws(Failure) -> GraphQLDocument.Value {
        if self.take("$") { return .variable(try self.name()) }
        if self.take("{") { return .object(try self.arguments(until: "}")) }
        if self.take("[") {
            var list: [GraphQLDocument.Value] = []
            while !self.take("]") { list.append(try self.value()) }
            return .list(list)
        }
        let token = self.next
        self.position += 1
        switch token {
        case .string(let text): return .literal(.string(text))
        case .number(let number): return .literal(number)
        case .name("true"): return .literal(true)
        case .name("false"): return .literal(false)
        case .name("null"): return .literal(.null)
        case .name(let word): return .literal(.string(word))
        default: throw Failure(message: "Expected a value, actual: \(token)")
        }
    }
}
