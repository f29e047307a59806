internal import JSON

/// An error in GraphQL's answer, with HTTP status 200.
struct GraphQLProblem: Error {
    var message: String
    /// Such as `NOT_FOUND`; nil for errors of the query itself.
    var type: String?
    var path: [String]
    /// Such as `undefinedField`.
    var code: String?
    var extensions = JSONObject()

    init(_ message: String, type: String? = nil, code: String? = nil, path: [String] = [], extensions: JSONObject = [:])
    {
        self.message = message
        self.type = type
        self.code = code
        self.path = path
        self.extensions = extensions
    }

    var shape: JSON {
        var shape = JSONObject()
        if let type { shape["type"] = .string(type) }
        shape["path"] = .array(self.path.map { .string($0) })
        if let code {
            var extensions: JSONObject = ["code": .string(code)]
            extensions.merge(self.extensions)
            shape["extensions"] = .object(extensions)
        }
        shape["locations"] = [["line": 1, "column": 1]]
        shape["message"] = .string(self.message)
        return .object(shape)
    }
}
