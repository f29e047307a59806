internal import JSON

/// A refusal.
struct GitHubProblem: Error {
    var status: Int
    var message: String
    var errors: [JSON] = []
    var headers: [(String, String)] = []
    var more = JSONObject()

    init(_ status: Int, _ message: String, errors: [JSON] = [], headers: [(String, String)] = []) {
        self.status = status
        self.message = message
        self.errors = errors
        self.headers = headers
    }

    static var notFound: GitHubProblem { GitHubProblem(404, "Not Found") }
    static var badCredentials: GitHubProblem { GitHubProblem(401, "Bad credentials") }

    /// 422 with an error of a field.
    static func invalid(_ resource: String, field: String, code: String) -> GitHubProblem {
        GitHubProblem(
            422, "Validation Failed",
            errors: [["resource": .string(resource), "field": .string(field), "code": .string(code)]])
    }

    /// 422 with an error in words.
    static func invalid(_ resource: String, _ message: String) -> GitHubProblem {
        GitHubProblem(
            422, "Validation Failed",
            errors: [["resource": .string(resource), "code": "custom", "message": .string(message)]])
    }

    /// 422 for a missing value.
    static func missing(_ name: String) -> GitHubProblem {
        GitHubProblem(422, "Invalid request.\n\n\"\(name)\" wasn't supplied.")
    }

    var body: JSON {
        var object: JSONObject = ["message": .string(self.message)]
        if !self.errors.isEmpty { object["errors"] = .array(self.errors) }
        object.merge(self.more)
        object["documentation_url"] = object["documentation_url"] ?? "https://docs.github.com/rest"
        object["status"] = .string(String(self.status))
        return .object(object)
    }
}
