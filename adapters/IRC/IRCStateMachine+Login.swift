internal import Crypto
internal import Logging
internal import Primitives

/// Login by SASL.
extension IRCStateMachine {
    /// Bytes of a payload piece. If the last piece is exactly this long, an empty one must follow.
    static let chunkSize = 400
    /// The longest message that a server may send for SASL, in base64.
    private static let challengeLimit = 16_384

    mutating func beginLogin() {
        guard self.link.capabilities.enabled.contains("sasl") else {
            return self.close(
                .init(.refused, "SASL: the server does not offer it at the moment; its services may be down"))
        }
        let offered = self.link.capabilities.offered["sasl"].map { $0.split(separator: ",") } ?? []
        self.logIn(offered: offered)
    }

    /// Begins with the strongest mechanism that the server offers. A server without a list is older than SCRAM on IRC
    /// (SASL 3.1) and has PLAIN; if not, its refusal contains the list (908).
    private mutating func logIn(offered: [Substring]) {
        guard let sasl = self.settings.sasl else { return }
        let known =
            offered.isEmpty
            ? sasl.mechanisms.reversed()
            : sasl.mechanisms.filter { mechanism in offered.contains { $0.uppercased() == mechanism.rawValue } }
        guard !known.isEmpty else {
            let wanted = sasl.mechanisms.map(\.rawValue).joined(separator: " or ")
            let text = "SASL: the server offers \(offered.joined(separator: ", ")), not \(wanted)"
            return self.close(.init(.refused, text + (sasl.mechanism == nil ? "" : "; change sasl.mechanism")))
        }
        guard let mechanism = known.first(where: { $0 != .plain || self.mayShowPassword }) else {
            return self.close(
                .init(.refused, "SASL PLAIN would send the password in the clear: set tls: true for this server"))
        }
        self.link.login = Login(mechanism: mechanism, isGuess: offered.isEmpty)
        self.link.phase = .authenticating
        self.setTimer(.login, in: Self.loginLimit)
        self.sendNow(IRCOutgoingLine("AUTHENTICATE", mechanism.rawValue))
    }

    private var mayShowPassword: Bool { self.link.isSecure || self.settings.isLoopback }

    // MARK: The exchange

    /// `AUTHENTICATE` with a message of the server in base64, in pieces; `+` (some servers write `:+`) is an empty one.
    mutating func receiveChallenge(_ line: IRCLine) {
        guard self.link.phase == .authenticating, self.link.login != nil else { return }
        let piece = line.text(0)
        if piece != "+" { self.link.login?.incoming += piece }
        let length = self.link.login?.incoming.utf8.count ?? 0
        guard length <= Self.challengeLimit else { return self.abortLogin("the server's message is too long") }
        if piece.utf8.count == Self.chunkSize { return }
        let encoded = self.link.login?.incoming ?? ""
        self.link.login?.incoming = ""
        guard let message = decodeBase64(encoded) else {
            return self.abortLogin("the server's message is malformed")
        }
        self.answerChallenge(message)
    }

    private mutating func answerChallenge(_ message: [UInt8]) {
        let isFirst = self.link.login?.hasBegun == false
        self.link.login?.hasBegun = true
        switch self.link.login?.mechanism {
        case .external:
            if isFirst { self.sendNow(IRCOutgoingLine("AUTHENTICATE", "+")) }
        case .plain:
            guard isFirst, let password = self.settings.sasl?.password else { return }
            // The account is also the identity to act as: some services take only that one.
            let account = Array(password.account.utf8)
            self.answer(account + [0] + account + [0] + Array(password.secret.reveal().utf8))
        case .scram:
            if isFirst { self.openSCRAM() } else { self.continueSCRAM(message) }
        case nil: break
        }
    }

    private mutating func openSCRAM() {
        guard let password = self.settings.sasl?.password else { return }
        do throws(IRCSCRAM.Failure) {
            let scram = try IRCSCRAM(account: password.account, password: password.secret, nonce: self.link.nonce)
            self.link.login?.scram = scram
            self.answer(Array(scram.opening.utf8))
        } catch {
            self.abortLogin(error.reason)
        }
    }

    private mutating func continueSCRAM(_ message: [UInt8]) {
        do throws(IRCSCRAM.Failure) {
            if let request = try self.link.login?.scram?.receive(message) {
                self.act(.derive(request))
            } else {
                self.sendNow(IRCOutgoingLine("AUTHENTICATE", "+"))
            }
        } catch {
            self.abortLogin(error.reason)
        }
    }

    mutating func proveLogin(_ key: [UInt8]) {
        guard self.link.phase == .authenticating, let final = self.link.login?.scram?.prove(with: key) else { return }
        self.answer(Array(final.utf8))
    }

    private mutating func answer(_ message: [UInt8]) {
        for chunk in Self.chunks(of: base64(message)) { self.sendNow(IRCOutgoingLine("AUTHENTICATE", chunk)) }
    }

    static func chunks(of text: String) -> [String] {
        let bytes = Array(text.utf8)
        var chunks = stride(from: 0, to: bytes.count, by: Self.chunkSize).map {
            String(decoding: bytes[$0..<min($0 + Self.chunkSize, bytes.count)], as: UTF8.self)
        }
        if bytes.count % Self.chunkSize == 0 { chunks.append("+") }
        return chunks
    }

    // MARK: The outcome

    /// 900 logged in, 901 logged out, 903 success, 902 904 905 906 failure, 907 already done, 908 offered mechanisms.
    mutating func receiveLogin(_ numeric: Int, _ line: IRCLine) {
        guard self.link.phase == .authenticating, let login = self.link.login else { return }
        switch numeric {
        case 900, 901: break
        case 903, 907: self.confirmLogin(login)
        case 908:
            self.log(.warning, "SASL: the server offers \(line.text(1))")
            self.link.login?.listed = line.text(1).split(separator: ",")
        default: self.failLogin(login, line)
        }
    }

    private mutating func confirmLogin(_ login: Login) {
        if login.mechanism == .scram, login.scram?.isVerified != true {
            return self.abortLogin(
                "the server confirmed the login without a proof that it knows the password, so it may not be the server "
                    + "that it claims to be; the password was not sent")
        }
        // On some services a CAP END between 900 and 903 loses the login.
        self.link.isLoggedIn = true
        self.clearTimer(.login)
        self.finishNegotiation()
    }

    /// Tries another mechanism only if the first one was a guess and the server lacks it; never after an actual
    /// attempt.
    private mutating func failLogin(_ login: Login, _ line: IRCLine) {
        let isListed = login.listed.contains { $0.uppercased() == login.mechanism.rawValue }
        if login.isGuess, !login.hasBegun, !login.listed.isEmpty, !isListed {
            return self.logIn(offered: login.listed)
        }
        let advice =
            login.mechanism == .external
            ? "register the certificate's fingerprint with services" : "check account and password"
        self.link.login = nil
        self.close(.init(.refused, "SASL \(login.mechanism.rawValue) failed: \(line.lastText); \(advice)"))
    }

    private mutating func abortLogin(_ reason: String) {
        self.sendNow(IRCOutgoingLine("AUTHENTICATE", "*"))
        let mechanism = self.link.login?.mechanism.rawValue ?? ""
        self.link.login = nil
        self.close(.init(.refused, "SASL \(mechanism) failed: \(reason)"))
    }
}
