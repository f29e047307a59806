/// A document of the GraphQL language (specification of October 2021, §2), as far as reading needs it.
struct GraphQLDocument: Sendable, Equatable {
    var operations: [GraphQLOperation] = []
    var fragments: [String: GraphQLFragment] = [:]
}

struct GraphQLOperation: Sendable, Equatable {
    enum Kind: String, Sendable { case query, mutation, subscription }

    var kind = Kind.query
    var name: String?
    var variables: [GraphQLVariable] = []
    var selections: [GraphQLSelection] = []
}

struct GraphQLVariable: Sendable, Equatable {
    let name: String
    let type: GraphQLTypeReference
    let standard: GraphQLValue?
}

struct GraphQLFragment: Sendable, Equatable {
    let type: String
    let selections: [GraphQLSelection]
}

indirect enum GraphQLTypeReference: Sendable, Equatable {
    case named(String)
    case list(GraphQLTypeReference)
    case nonNull(GraphQLTypeReference)

    /// Without lists and exclamation marks.
    var name: String {
        switch self {
        case .named(let name): name
        case .list(let type), .nonNull(let type): type.name
        }
    }

    var isNonNull: Bool {
        if case .nonNull = self { true } else { false }
    }

    var text: String {
        switch self {
        case .named(let name): name
        case .list(let type): "[\(type.text)]"
        case .nonNull(let type): "\(type.text)!"
        }
    }
}

struct GraphQLField: Sendable, Equatable {
    let alias: String?
    let name: String
    let arguments: [String: GraphQLValue]
    /// Of the values of its arguments: added up once, because fragments may visit the field many times.
    let weight: Int
    /// Those in the values of its arguments, each as often as it is there.
    let variables: [String]
    let directives: [GraphQLDirective]
    let selections: [GraphQLSelection]
    let place: GraphQLPlace

    /// Its name in the answer.
    var key: String { self.alias ?? self.name }
}

struct GraphQLDirective: Sendable, Equatable {
    let name: String
    let arguments: [String: GraphQLValue]
    let place: GraphQLPlace
}

indirect enum GraphQLSelection: Sendable, Equatable {
    case field(GraphQLField)
    case spread(name: String, directives: [GraphQLDirective], place: GraphQLPlace)
    case inline(type: String?, directives: [GraphQLDirective], selections: [GraphQLSelection], place: GraphQLPlace)
}

indirect enum GraphQLValue: Sendable {
    case variable(String)
    case int(Int64)
    case float(Double)
    case string(String)
    case boolean(Bool)
    case null
    case word(String)
    case list([GraphQLValue])
    case object([String: GraphQLValue])
}

extension GraphQLValue: Equatable {
    /// Texts are compared by their bytes: whether their characters are equivalent takes much longer to tell.
    static func == (left: Self, right: Self) -> Bool {
        switch (left, right) {
        case (.variable(let left), .variable(let right)), (.string(let left), .string(let right)),
            (.word(let left), .word(let right)):
            left.utf8.elementsEqual(right.utf8)
        case (.int(let left), .int(let right)): left == right
        case (.float(let left), .float(let right)): left == right
        case (.boolean(let left), .boolean(let right)): left == right
        case (.null, .null): true
        case (.list(let left), .list(let right)): left == right
        case (.object(let left), .object(let right)): left == right
        default: false
        }
    }

    /// How much is looked at to read or compare it: one for each value, and one for 16 bytes of a text.
    var weight: Int {
        switch self {
        case .string(let text): 1 + text.utf8.count / 16
        case .list(let items): items.reduce(1) { $0 + $1.weight }
        case .object(let members): members.values.reduce(1) { $0 + $1.weight }
        case .variable, .int, .float, .boolean, .null, .word: 1
        }
    }

    /// Those in it, each as often as it is there.
    var variables: [String] {
        switch self {
        case .variable(let name): [name]
        case .list(let items): items.flatMap(\.variables)
        case .object(let members): members.values.flatMap(\.variables)
        case .int, .float, .string, .boolean, .null, .word: []
        }
    }
}

/// Line and column, from 1.
struct GraphQLPlace: Sendable, Equatable {
    let line: Int
    let column: Int
}
