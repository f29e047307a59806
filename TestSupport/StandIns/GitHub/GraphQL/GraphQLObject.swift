internal import EventLoop
internal import JSON

/// An object of GraphQL's answers, whose fields are found when they are asked for.
struct GraphQLObject: Sendable {
    enum Result: Sendable {
        case value(JSON)
        case object(GraphQLObject?)
        case list([GraphQLObject])
    }

    let type: String
    let fields: [String: @Net @Sendable (JSONObject) async throws -> Result]

    init(_ type: String, _ fields: [String: @Net @Sendable (JSONObject) async throws -> Result]) {
        self.type = type
        self.fields = fields
    }

    /// A connection with all of its nodes in one page, limited by `first` or `last`.
    static func connection(_ type: String, _ nodes: [GraphQLObject], _ arguments: JSONObject = [:]) -> Result {
        var shown = nodes[...]
        let start = arguments["after"]?.stringValue.flatMap { Int($0) } ?? 0
        shown = shown.dropFirst(start)
        var hasMore = false
        if let first = arguments["first"]?.intValue {
            hasMore = shown.count > first
            shown = shown.prefix(first)
        }
        if let last = arguments["last"]?.intValue { shown = shown.suffix(last) }
        let page = Array(shown)
        let end = String(start + page.count)
        let isMore = hasMore
        return .object(
            GraphQLObject(
                type,
                [
                    "totalCount": { _ in .value(JSON(nodes.count)) },
                    "nodes": { _ in .list(page) },
                    "pageInfo": { _ in
                        .object(
                            GraphQLObject(
                                "PageInfo",
                                [
                                    "hasNextPage": { _ in .value(.bool(isMore)) },
                                    "endCursor": { _ in .value(page.isEmpty ? .null : .string(end)) },
                                ]))
                    },
                ]))
    }
}
