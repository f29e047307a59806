import Copilot
import HTTP
import Models
import Primitives

/// Provides tokens `token-1`, `token-2`, …, a new one after each rejection.
final class FakeTokenSource: CopilotTokenSource, SignInTokenSource {
    private struct State {
        var number = 1
        var rejected: [String] = []
        var asked = 0
    }

    private let apiURL: HTTPURL
    private let error: ModelError?
    private let state = Protected(State())

    init(_ apiURL: String = "https://api.individual.example.org", error: ModelError? = nil) throws {
        self.apiURL = try HTTPURL(apiURL)
        self.error = error
    }

    var rejected: [String] { self.state.withLock { $0.rejected } }
    var asked: Int { self.state.withLock { $0.asked } }

    func token() async throws -> CopilotToken {
        if let error = self.error { throw error }
        let number = self.state.withLock { state in
            state.asked += 1
            return state.number
        }
        return CopilotToken(value: Secret("token-\(number)"), expiresAt: 4_000_000_000, apiURL: self.apiURL)
    }

    func reject(_ token: CopilotToken) async {
        self.state.withLock { state in
            state.rejected.append(token.value.reveal())
            state.number += 1
        }
    }

    func gitHubToken() async throws -> Secret {
        if let error = self.error { throw error }
        return Secret("gho_signed_in")
    }
}
