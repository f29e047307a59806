import Crypto
import Primitives

/// The server's side of a SCRAM-SHA-256 login (RFC 5802) for ``ScriptedTransport``.
final class ScriptedSCRAM: Sendable {
    private struct State {
        var bare = ""
        var challenge = ""
        var isLoggedIn = false
    }

    private let password: String
    private let iterations: Int
    private let salt = Array("salt of the server".utf8)
    private let state = Protected(State())

    init(password: String, iterations: Int = 4_096) {
        self.password = password
        self.iterations = iterations
    }

    var isLoggedIn: Bool { self.state.withLock { $0.isLoggedIn } }

    func answer(_ line: String) -> [String] {
        let words = line.split(separator: " ").map(String.init)
        switch words.first {
        case "CAP" where words[1] == "LS": return [":s.test CAP * LS :sasl=PLAIN,SCRAM-SHA-256"]
        case "CAP" where words[1] == "REQ": return [":s.test CAP * ACK :sasl"]
        case "AUTHENTICATE" where words[1] == "SCRAM-SHA-256": return ["AUTHENTICATE +"]
        case "AUTHENTICATE" where words[1] == "+": return self.isLoggedIn ? [":s.test 903 * :ok"] : []
        case "AUTHENTICATE": return self.receive(String(decoding: decodeBase64(words[1]) ?? [], as: UTF8.self))
        default: return ScriptedTransport.server(line)
        }
    }

    private func receive(_ message: String) -> [String] {
        self.state.withLock { state in
            if message.hasPrefix("n,,") {
                state.bare = String(message.dropFirst(3))
                let nonce = state.bare.split(separator: "r=").last ?? ""
                state.challenge = "r=\(nonce)server,s=\(base64(self.salt)),i=\(self.iterations)"
                return ["AUTHENTICATE \(base64(Array(state.challenge.utf8)))"]
            }
            let parts = message.split(separator: ",p=")
            guard parts.count == 2, let proof = decodeBase64(String(parts[1])) else { return [":s.test 904 * :failed"] }
            let key = pbkdf2SHA256(Array(self.password.utf8), salt: self.salt, iterations: self.iterations)
            let exchange = Array("\(state.bare),\(state.challenge),\(parts[0])".utf8)
            let clientKey = hmacSHA256(Array("Client Key".utf8), key: key)
            let signature = hmacSHA256(exchange, key: sha256(clientKey))
            guard proof == zip(clientKey, signature).map({ $0 ^ $1 }) else { return [":s.test 904 * :failed"] }
            state.isLoggedIn = true
            let answer = hmacSHA256(exchange, key: hmacSHA256(Array("Server Key".utf8), key: key))
            return ["AUTHENTICATE \(base64(Array("v=\(base64(answer))".utf8)))"]
        }
    }
}
