/// Where requests to the Copilot API get their token from.
package protocol CopilotTokenSource: Sendable {
    /// A token that the API takes for the next minutes; waits for an exchange where there is none. Throws
    /// ``ModelError``, whose message says how to sign in.
    func token() async throws -> CopilotToken
    /// The API refused this token: the next ``token()`` exchanges anew. A token that was replaced meanwhile is ignored.
    func reject(_ token: CopilotToken) async
}
