import HTTP
import HTTPClient
import JSON
import TestSupport

/// A client of the stand-in that speaks plain HTTP.
struct GitHubPerson {
    struct Answer {
        let status: Int
        let headers: HTTPHeaders
        let bytes: [UInt8]

        var json: JSON { (try? JSON.parse(self.bytes)) ?? .null }
        var text: String { String(decoding: self.bytes, as: UTF8.self) }
        var message: String { self.json["message"]?.stringValue ?? "" }
        /// The words of the first error, of REST or of GraphQL.
        var error: String { self.json["errors"]?[0]?["message"]?.stringValue ?? "" }
    }

    let github: LoopbackGitHub
    var token: String?
    var headers: [(String, String)] = []
    private let client: HTTPClient

    init(_ github: LoopbackGitHub, _ token: String?) {
        self.github = github
        self.token = token
        var settings = HTTPClientSettings()
        settings.allowsPlainHTTP = true
        self.client = HTTPClient(settings)
    }

    @discardableResult
    func callAsFunction(
        _ method: HTTPMethod, _ path: String, _ body: JSON? = nil, _ headers: [(String, String)] = []
    ) async throws -> Answer {
        let url = path.hasPrefix("http") ? path : self.github.url + path
        var fields = HTTPHeaders()
        if let token { fields.append("Authorization", "Bearer \(token)") }
        if !headers.contains(where: { $0.0 == "User-Agent" }) { fields.append("User-Agent", "test") }
        for (name, value) in self.headers + headers where !value.isEmpty { fields.append(name, value) }
        let request = HTTPClientRequest(
            method, try HTTPURL(url), headers: fields, body: body.map { .bytes($0.bytes) } ?? .none)
        let response = try await self.client.execute(request)
        return Answer(
            status: response.status.code, headers: response.headers,
            bytes: try await response.body.collect(upTo: 1 << 28))
    }

    func query(_ text: String, _ variables: JSON = .null) async throws -> Answer {
        try await self(.post, "/graphql", ["query": .string(text), "variables": variables])
    }

    /// `createCommitOnBranch`.
    func commit(
        _ files: [(path: String, base64: String)], on head: String, branch: String = "main",
        of name: String = "octo/site",
        deleting paths: [String] = []
    ) async throws -> Answer {
        try await self.query(
            "mutation($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { commit { oid url } } }",
            [
                "input": [
                    "branch": ["repositoryNameWithOwner": .string(name), "branchName": .string(branch)],
                    "message": ["headline": "Change", "body": "Why"], "expectedHeadOid": .string(head),
                    "fileChanges": [
                        "additions": .array(
                            files.map { ["path": .string($0.path), "contents": .string($0.base64)] }),
                        "deletions": .array(paths.map { ["path": .string($0)] }),
                    ],
                ]
            ])
    }
}
