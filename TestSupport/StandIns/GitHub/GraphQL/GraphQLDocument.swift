internal import JSON

/// A parsed GraphQL document.
struct GraphQLDocument: Sendable {
    indirect enum Value: Sendable {
        case variable(String)
        case literal(JSON)
        case list([Value])
        case object([(String, Value)])
    }

    struct Variable: Sendable {
        var name: String
        /// As written, such as `[String!]!`.
        var type: String
        var standard: Value?
    }

    struct Field: Sendable {
        var alias: String
        var name: String
        var arguments: [(String, Value)]
        var selections: [Selection]
    }

    indirect enum Selection: Sendable {
        case field(Field)
        case spread(String)
        /// `... on TYPE { }`; the type may be left out.
        case inline(String?, [Selection])
    }

    struct Operation: Sendable {
        var kind: String
        var name: String?
        var variables: [Variable]
        var selections: [Selection]
    }

    struct Fragment: Sendable {
        var type: String
        var selections: [Selection]
    }

    var operations: [Operation] = []
    var fragments: [String: Fragment] = [:]
}
