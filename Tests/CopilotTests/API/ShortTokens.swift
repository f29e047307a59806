import Copilot
import HTTP
import Primitives

/// Tokens that live for a number of uses at the server; a new one is exchanged when one is refused.
final class ShortTokens: CopilotTokenSource {
    private struct State {
        var url: HTTPURL?
        var number = 1
        var usesLeft: Int
        /// What the server takes.
        var live = 1
    }

    private let uses: Int
    private let state: Protected<State>

    init(uses: Int) {
        self.uses = uses
        self.state = Protected(State(usesLeft: uses))
    }

    /// How many tokens were given out, the first among them.
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
            // A token that was replaced meanwhile is ignored.
            if token.value.reveal() == "short-\(state.number)" { state.number += 1 }
        }
    }
}
