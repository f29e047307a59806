package import HTTP
package import Primitives

/// A token that somebody gave, as `COPILOT_TOKEN` does: it is not renewed, and its end is not known.
package struct StaticCopilotToken: CopilotTokenSource {
    private let fixed: CopilotToken

    /// - Parameter apiURL: Where requests with it go.
    package init(_ value: Secret, apiURL: HTTPURL) {
        self.fixed = CopilotToken(value: value, expiresAt: .max, apiURL: apiURL)
    }

    package func token() async throws -> CopilotToken { self.fixed }

    /// There is no other one.
    package func reject(_ token: CopilotToken) async {}
}
