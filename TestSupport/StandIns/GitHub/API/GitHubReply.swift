internal import JSON

/// An answer of the API.
struct GitHubReply: Sendable {
    var status: Int
    var headers: [(String, String)] = []
    var type = "application/json; charset=utf-8"
    var body: [UInt8]

    init(_ body: JSON, status: Int = 200, headers: [(String, String)] = []) {
        self.status = status
        self.headers = headers
        self.body = body.bytes
    }

    init(bytes: [UInt8], type: String, status: Int = 200) {
        self.status = status
        self.type = type
        self.body = bytes
    }

    init(_ problem: GitHubProblem) {
        self.init(problem.body, status: problem.status, headers: problem.headers)
    }

    /// With the body's type.
    var allHeaders: [(String, String)] { (self.type.isEmpty ? [] : [("Content-Type", self.type)]) + self.headers }

    static var empty: GitHubReply { GitHubReply(bytes: [], type: "", status: 204) }
}
