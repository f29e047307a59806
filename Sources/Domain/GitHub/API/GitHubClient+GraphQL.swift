internal import Copilot
internal import HTTP
package import JSON

extension GitHubClient {
    /// Makes a GraphQL call and returns its `data`. Throws ``GitHubError``; `unsupported` where the server does not have
    /// it.
    ///
    /// - Parameter files: the paths that it writes.
    package func graphQL(
        _ query: String, _ variables: JSONObject, _ purpose: String, repository: GitHubRepositoryName? = nil,
        isWrite: Bool, files: [String] = []
    ) async throws -> JSON {
        var request = GitHubRequest(
            .post, .graphQL, purpose, body: ["query": .string(query), "variables": .object(variables)])
        request.repository = repository
        request.isWrite = isWrite
        request.accept = "application/json"
        request.files = files
        return try await self.json(request)["data"] ?? .null
    }
}

extension GitHubError {
    /// The errors that only GraphQL has: in an answer with status 200, or because the server does not know it. Nil for
    /// other answers.
    init?(graphQL answer: GitHubAnswer, _ context: Context) {
        if answer.status == 404 {
            self.init(
                .unsupported, "\(context.purpose) failed: this server has no GraphQL (404); check github.api_url.",
                status: 404)
            return
        }
        guard answer.status == 200, let errors = answer.json?["errors"]?.arrayValue, !errors.isEmpty else { return nil }
        let refusal = GitHubRefusal(message: "", errors: errors, secrets: [], isJSON: true)
        let codes = refusal.codes
        if codes.contains("undefinedField") || codes.contains("undefinedType")
            || refusal.all.contains("doesn't exist on type 'mutation'")
        {
            self.init(.unsupported, "\(context.purpose) failed: this server is too old for it\(refusal.quotation).")
        } else if codes.contains("INSUFFICIENT_SCOPES") {
            let missing = Self.scopes(in: errors)
            self.init(
                .missingScope,
                "\(context.purpose) failed: the token lacks \(GitHubGrants.words(missing) ?? "a scope"); sign in again "
                    + "with it.", missing: missing)
        } else {
            let status =
                if codes.contains("STALE_DATA") {
                    409
                } else if codes.contains("NOT_FOUND") {
                    404
                } else if codes.contains("FORBIDDEN") {
                    403
                } else {
                    422
                }
            let body: JSON = ["message": "", "errors": .array(errors)]
            self.init(GitHubAnswer(status: status, headers: answer.headers, body: body.bytes), context)
        }
    }

    /// The names in "requires one of the following scopes: ['repo', 'public_repo']".
    private static func scopes(in errors: [JSON]) -> [String] {
        let text = errors.compactMap { $0["message"]?.stringValue }.joined(separator: " ")
        guard let mark = text.firstRange(of: "following scopes: [") else { return [] }
        let names = text[mark.upperBound...].prefix { $0 != "]" }.split(separator: ",")
        return names.prefix(1).map { String($0.filter { $0 != "'" && $0 != " " }) }
    }
}
