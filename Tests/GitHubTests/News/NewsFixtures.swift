import GitHub
import HTTP
import JSON
import Primitives

/// Payloads and objects as GitHub sends them, as far as they are read.
enum NewsFixtures {
    static let repository = GitHubRepositoryName(owner: "Octo", name: "app")
    static let branch = "001-feature"
    static let shas = (1...5).map { String(repeating: "\($0)", count: 40) }

    static func watch(pull: Int? = nil, head: String? = nil, since: Int64 = 0) -> WatchedBranch {
        WatchedBranch(
            session: "t1", repository: Self.repository, branch: Self.branch, pull: pull, head: head, since: since)
    }

    static func payload(_ members: JSONObject) -> JSON {
        var object: JSONObject = ["repository": ["full_name": "octo/App"], "sender": ["login": "mona"]]
        object.merge(members)
        return .object(object)
    }

    static func push(
        from before: String = NewsFixtures.shas[0], to after: String = NewsFixtures.shas[1],
        branch: String = NewsFixtures.branch, commits: [(String, String)] = [(NewsFixtures.shas[1], "Fix the sum")],
        _ more: JSONObject = [:]
    ) -> JSON {
        var object: JSONObject = [
            "ref": .string("refs/heads/\(branch)"), "before": .string(before), "after": .string(after),
            "compare": "https://github.com/octo/app/compare/1...2",
            "commits": .array(commits.map { ["id": .string($0.0), "message": .string($0.1)] }),
        ]
        object.merge(more)
        return Self.payload(object)
    }

    static func pullObject(
        _ number: Int = 7, branch: String = NewsFixtures.branch, state: String = "open",
        repository: String = "Octo/app", head: String = NewsFixtures.shas[1], _ more: JSONObject = [:]
    ) -> JSON {
        var object: JSONObject = [
            "number": JSON(number), "state": .string(state), "updated_at": "2026-11-20T10:00:00Z",
            "html_url": .string("https://github.com/octo/app/pull/\(number)"),
            "head": [
                "ref": .string(branch), "sha": .string(head), "repo": ["full_name": .string(repository)],
            ],
        ]
        object.merge(more)
        return .object(object)
    }

    static func written(_ id: Int, _ text: String, by author: String = "mona", _ more: JSONObject = [:]) -> JSON {
        var object: JSONObject = [
            "id": JSON(id), "body": .string(text), "user": ["login": .string(author)],
            "author_association": "MEMBER", "html_url": .string("https://github.com/octo/app/pull/7#r\(id)"),
            "created_at": "2026-11-20T10:00:00Z", "submitted_at": "2026-11-20T10:00:00Z",
        ]
        object.merge(more)
        return .object(object)
    }

    static func review(_ id: Int, _ state: String, _ text: String) -> JSON {
        self.written(id, text, ["state": .string(state)])
    }

    static func check(
        _ id: Int, _ conclusion: String, name: String = "build", sha: String = NewsFixtures.shas[1],
        branch: String = NewsFixtures.branch
    ) -> JSON {
        [
            "id": JSON(id), "status": "completed", "conclusion": .string(conclusion), "name": .string(name),
            "head_sha": .string(sha), "html_url": .string("https://github.com/octo/app/runs/\(id)"),
            "check_suite": ["head_branch": .string(branch)], "pull_requests": [],
            "completed_at": "2026-11-20T10:00:00Z",
        ]
    }
}

/// A source whose answers a test sets by path; answers carry a tag and are conditional.
final class ScriptedNewsSource: GitHubNewsSource {
    private struct State {
        var answers: [String: (json: JSON, tag: String)] = [:]
        var version = 0
        var asked: [String] = []
        var charged: [String] = []
        var failing = false
        var budget: Double?
        var bodyLimit: Int?
        var refused: String?
        var errors: [String: GitHubError.Code] = [:]
    }

    struct Failure: Error {}

    private let state = Protected(State())

    subscript(path: String) -> JSON? {
        get { self.state.withLock { $0.answers[path]?.json } }
        set {
            self.state.withLock { state in
                state.version += 1
                let version = state.version
                state.answers[path] = newValue.map { ($0, "\"\(version)\"") }
            }
        }
    }

    var isFailing: Bool {
        get { self.state.withLock { $0.failing } }
        set { self.state.withLock { $0.failing = newValue } }
    }

    /// The most bytes of an answer. Lists are then given by pages.
    var bodyLimit: Int? {
        get { self.state.withLock { $0.bodyLimit } }
        set { self.state.withLock { $0.bodyLimit = newValue } }
    }

    /// The path that is answered as forbidden.
    var refused: String? {
        get { self.state.withLock { $0.refused } }
        set { self.state.withLock { $0.refused = newValue } }
    }

    /// The codes of the errors with which paths are answered.
    var errors: [String: GitHubError.Code] {
        get { self.state.withLock { $0.errors } }
        set { self.state.withLock { $0.errors = newValue } }
    }

    var budget: Double? {
        get { self.state.withLock { $0.budget } }
        set { self.state.withLock { $0.budget = newValue } }
    }

    /// The paths since the last call, and those of them whose answers were not conditional hits.
    func takeAsked() -> (all: [String], charged: [String]) {
        self.state.withLock { state in
            defer { (state.asked, state.charged) = ([], []) }
            return (state.asked, state.charged)
        }
    }

    func get(_ request: NewsRequest, unless tag: String?) async throws -> NewsAnswer {
        let path = request.path.joined(separator: "/")
        return try self.state.withLock { state in
            if state.failing { throw Failure() }
            state.asked.append(path)
            if path == state.refused { throw GitHubError(.forbidden, "No access to \(path)") }
            if let code = state.errors[path] { throw GitHubError(code, "No answer to \(path)") }
            guard let answer = state.answers[path] else {
                state.charged.append(path)
                return .missing
            }
            if answer.tag == tag { return .unchanged }
            state.charged.append(path)
            if let limit = state.bodyLimit {
                let json = Self.page(of: answer.json, request.query)
                guard json.bytes.count <= limit else { throw GitHubError(.tooLarge, "\(path) is too large") }
                return .found(json, tag: answer.tag)
            }
            // As GitHub does it for comments.
            guard let since = request.query["since"], let items = answer.json.arrayValue else {
                return .found(answer.json, tag: answer.tag)
            }
            let later = items.filter { $0["created_at"]?.stringValue ?? "" >= since }
            return .found(.array(later), tag: answer.tag)
        }
    }

    private static func page(of json: JSON, _ query: HTTPQuery) -> JSON {
        guard let items = json.arrayValue, let size = query["per_page"].flatMap({ Int($0) }) else { return json }
        let page = query["page"].flatMap { Int($0) } ?? 1
        return .array(Array(items.dropFirst((page - 1) * size).prefix(size)))
    }

    func budgetLeft(for repository: GitHubRepositoryName) async -> Double? { self.budget }
}
