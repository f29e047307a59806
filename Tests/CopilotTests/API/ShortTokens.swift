import Copilot
import HTTP
import Models
import Primitives

/// Tokens that the server accepts a limited number of times; a refused one is replaced.
final class ShortTokens: CopilotTokenSource {
    private struct State {
        var url: HTTPURL?
        var number = 1
        var usesLeft: Int
        /// The number of the token that the server accepts.
        var live = 1
    }

    private let uses: Int
    private let state: Protected<State>

    init(uses: Int) {
        self.uses = uses
        self.state = Protected(State(usesLeft: uses))
    }

    /// The number of tokens so far, including the first.
    var exchanges: Int { self.state.withLock { $0.number } }

    func serve(_ url: HTTPURL) { self.state.withLock { $0.url = url } }

    func revoke() { self.state.withLock { $0.live = $0.number + 1 } }

    /// The server's side.
    func isLive(_ token: String) -> Bool {
        self.state.withLock { state in
            guard token == "short-\(state.live)" else { return false }
            state.usesLeft -= 1
            guard state.usesLeft >= 0 else {
                state.live += 1
                state.usesLeft = self.uses
                return false
            }
            return true
        }
    }

    func token() async throws -> CopilotToken {
        let (number, url) = self.state.withLock { ($0.number, $0.url) }
        guard let url else { throw ModelError(.unauthorized, "no server yet") }
        return CopilotToken(value: Secret("short-\(number)"), expiresAt: 4_000_000_000, apiURL: url)
    }

    func reject(_ token: CopilotToken) async {
        self.state.withLock { state in
            // A token that was already replaced is ignored.
            if token.value.reveal() == "short-\(state.number)" { state.number += 1 }
        }
    }
}
