internal import Crypto
internal import Primitives

/// SASL.
extension IRCSession {
    /// A payload goes in pieces of this size; one that is exactly as long is followed by an empty piece.
    static let chunkSize = 400

    private var mechanism: String {
        if case .external = self.settings.sasl { "EXTERNAL" } else { "PLAIN" }
    }

    mutating func beginLogin() {
        guard self.link.capabilities.enabled.contains("sasl") else {
            return self.close(
                .init(.refused, "SASL: the server offers no login at the moment (its services may be down)"))
        }
        let offered = self.link.capabilities.offered["sasl"].map { $0.split(separator: ",") } ?? []
        guard offered.isEmpty || offered.contains(where: { $0 == self.mechanism }) else {
            return self.close(
                .init(
                    .refused,
                    "SASL: the server offers \(offered.joined(separator: ", ")), not \(self.mechanism)"))
        }
        if self.mechanism == "PLAIN", !self.link.isSecure, !self.settings.isLoopback {
            return self.close(
                .init(.refused, "SASL PLAIN would send the password in the clear: set tls: true for this server"))
        }
        self.link.phase = .authenticating
        self.setTimer(.login, in: Self.loginLimit)
        self.sendNow(IRCOutgoingLine("AUTHENTICATE", self.mechanism))
    }

    /// `AUTHENTICATE +` (some servers write `:+`): our turn.
    mutating func receiveChallenge(_ line: IRCLine) {
        guard self.link.phase == .authenticating, line.text(0) == "+" else { return }
        switch self.settings.sasl {
        case .plain(let account, let password):
            let payload = [0] + Array(account.utf8) + [0] + Array(password.reveal().utf8)
            for chunk in Self.chunks(of: base64(payload)) { self.sendNow(IRCOutgoingLine("AUTHENTICATE", chunk)) }
        case .external, nil:
            self.sendNow(IRCOutgoingLine("AUTHENTICATE", "+"))
        }
    }

    /// The pieces of a Base64 text.
    static func chunks(of text: String) -> [String] {
        let bytes = Array(text.utf8)
        var chunks = stride(from: 0, to: bytes.count, by: Self.chunkSize).map {
            String(decoding: bytes[$0..<min($0 + Self.chunkSize, bytes.count)], as: UTF8.self)
        }
        if bytes.count % Self.chunkSize == 0 { chunks.append("+") }
        return chunks
    }

    /// 900 logged in, 901 logged out, 903 done, 902 904 905 906 failed, 907 was done, 908 what there is.
    mutating func receiveLogin(_ numeric: Int, _ line: IRCLine) {
        switch numeric {
        case 900: self.link.account = line.text(2)
        case 901: self.link.account = nil
        case 903, 907:
            // Only now may CAP END go: between 900 and 903 it would lose the login on some services.
            guard self.link.phase == .authenticating else { return }
            self.link.isLoggedIn = true
            self.clearTimer(.login)
            self.finishNegotiation()
        case 908: self.log(.warning, "SASL: the server offers \(line.text(1))")
        default:
            guard self.link.phase == .authenticating else { return }
            let advice =
                self.mechanism == "PLAIN"
                ? "check account and password" : "register the certificate's fingerprint with services"
            self.close(.init(.refused, "SASL \(self.mechanism) failed: \(line.lastText); \(advice)"))
        }
    }
}
