import Chat
import Crypto
import IRC
import Kit
import Primitives
import TestSupport
import Testing

@Suite("Login")
struct IRCLoginTests {
    private let plain = IRCSettings.SASL.plain(account: "jet", password: Secret("pw"))

    @Test("PLAIN sends the account also as the identity to act as, and CAP END only after 903")
    func saslPlain() {
        let script = Transcript(tls: .verify(caFile: nil), sasl: self.plain)
        _ = script.connect(isSecure: true)
        expectEqual(script.read("CAP * LS :sasl=PLAIN"), ["CAP REQ :sasl"])
        expectEqual(script.read("CAP * ACK :sasl"), ["AUTHENTICATE PLAIN"])
        // InspIRCd sends the plus as a trailing parameter.
        expectEqual(script.read("AUTHENTICATE :+"), ["AUTHENTICATE amV0AGpldABwdw=="])
        #expect(script.read(":s 900 * *!*@* jet :You are now logged in").isEmpty)
        expectEqual(script.read(":s 903 * :ok"), ["CAP END"])
    }

    @Test("EXTERNAL answers with an empty payload")
    func saslExternal() {
        let script = Transcript(tls: .verify(caFile: nil), sasl: .external(certificate: "c", key: "k"))
        _ = script.connect(isSecure: true)
        script.read("CAP * LS :sasl")
        expectEqual(script.read("CAP * ACK :sasl"), ["AUTHENTICATE EXTERNAL"])
        expectEqual(script.read("AUTHENTICATE +"), ["AUTHENTICATE +"])
        expectEqual(script.read(":s 903 * :ok"), ["CAP END"])
    }

    @Test(
        "A long payload is sent in pieces of 400; an exact multiple is followed by an empty one",
        arguments: [298, 299, 300, 598])
    func longPassword(_ length: Int) {
        let secret = String(repeating: "p", count: length)
        let script = Transcript(
            tls: .verify(caFile: nil), sasl: .plain(account: "", password: Secret(secret)))
        _ = script.connect(isSecure: true)
        script.read("CAP * LS :sasl", "CAP * ACK :sasl")
        let lines = script.read("AUTHENTICATE +").map { $0.dropFirst("AUTHENTICATE ".count) }
        let encoded = (length + 2 + 2) / 3 * 4
        #expect(lines.dropLast().allSatisfy { $0.count == 400 })
        expectEqual(lines.filter { $0 != "+" }.joined().count, encoded)
        expectEqual(lines.last == "+", encoded % 400 == 0)
    }

    @Test(
        "A failed login leads to status refused with advice, and the bot disconnects",
        arguments: [
            (":s 904 * :SASL authentication failed", "check account and password"),
            (":s 905 * :too long", "too long"), (":s 902 * :locked", "locked"), (":s 906 * :aborted", "aborted"),
        ])
    func saslFailure(_ line: String, _ expected: String) {
        let script = Transcript(tls: .verify(caFile: nil), sasl: self.plain)
        _ = script.connect(isSecure: true)
        script.read("CAP * LS :sasl", "CAP * ACK :sasl", "AUTHENTICATE +")
        let sent = script.read(line)
        expectEqual(sent, ["QUIT :Jetbridge"])
        #expect(script.isClosed())
        script.handle(.disconnected(.init(.lost, "closed")))
        let status = script.statuses().last ?? ""
        #expect(status.hasPrefix("refused") && status.contains(expected))
        #expect(!script.reconnects().isEmpty)
    }

    @Test(
        "Missing SASL or a missing mechanism leads to status refused", arguments: ["", "sasl=EXTERNAL", "batch"])
    func saslMissing(_ caps: String) {
        let script = Transcript(tls: .verify(caFile: nil), sasl: self.plain)
        _ = script.connect(isSecure: true)
        script.read("CAP * LS :\(caps)")
        script.read("CAP * ACK :\(caps.prefix { $0 != "=" })")
        #expect(script.isClosed())
        script.handle(.disconnected(.init(.lost, "closed")))
        expectEqual(script.statuses().last?.hasPrefix("refused SASL"), true)
    }

    @Test("The bot leaves a server that skips the login")
    func saslSkipped() {
        let script = Transcript(tls: .verify(caFile: nil), sasl: self.plain)
        _ = script.connect(isSecure: true)
        expectEqual(script.read(":s 001 bot :Welcome"), ["QUIT :Jetbridge"])
        #expect(script.isClosed())
    }

    @Test("PLAIN is never sent unencrypted, except to this machine")
    func saslInTheClear() {
        let script = Transcript(sasl: self.plain)
        _ = script.connect()
        expectEqual(script.read("CAP * LS :sasl", "CAP * ACK :sasl"), ["CAP REQ :sasl", "QUIT :Jetbridge"])
        let local = Transcript(host: "127.0.0.1", sasl: self.plain)
        _ = local.connect()
        expectEqual(local.read("CAP * LS :sasl", "CAP * ACK :sasl"), ["CAP REQ :sasl", "AUTHENTICATE PLAIN"])
    }

    @Test("Silent services time out after 15 seconds")
    func saslTimeout() {
        let script = Transcript(tls: .verify(caFile: nil), sasl: self.plain)
        _ = script.connect(isSecure: true)
        script.read("CAP * LS :sasl", "CAP * ACK :sasl")
        #expect(script.pass(14_999).isEmpty)
        expectEqual(script.pass(2), ["QUIT :Jetbridge"])
        script.handle(.disconnected(.init(.lost, "closed")))
        expectEqual(script.statuses().last?.contains("may be down"), true)
    }

    // MARK: Choosing a mechanism

    @Test(
        "Without a configured mechanism the strongest that the server offers is used",
        arguments: [
            ("sasl=PLAIN,SCRAM-SHA-256,EXTERNAL", "SCRAM-SHA-256"), ("sasl=plain,scram-sha-256", "SCRAM-SHA-256"),
            ("sasl=PLAIN,ECDSA-NIST256P-CHALLENGE", "PLAIN"), ("sasl", "PLAIN"),
        ])
    func strongest(_ offer: String, _ expected: String) {
        let script = Transcript(tls: .verify(caFile: nil), sasl: .password(account: "jet", Secret("pw")))
        _ = script.connect(isSecure: true)
        script.read("CAP * LS :\(offer)")
        expectEqual(script.read("CAP * ACK :sasl"), ["AUTHENTICATE \(expected)"])
    }

    @Test("A certificate is stronger than a password; a configured mechanism is used exactly")
    func configured() {
        var sasl = IRCSettings.SASL.password(account: "jet", Secret("pw"))
        sasl.certificate = .init(certificate: "c", key: "k")
        expectEqual(self.begin(sasl, offer: "sasl=PLAIN,SCRAM-SHA-256,EXTERNAL"), ["AUTHENTICATE EXTERNAL"])
        expectEqual(self.begin(sasl, offer: "sasl=PLAIN,SCRAM-SHA-256"), ["AUTHENTICATE SCRAM-SHA-256"])
        expectEqual(self.begin(self.plain, offer: "sasl=PLAIN,SCRAM-SHA-256"), ["AUTHENTICATE PLAIN"])
        let scram = IRCSettings.SASL.password(account: "jet", Secret("pw"), mechanism: .scram)
        expectEqual(self.begin(scram, offer: "sasl=PLAIN,EXTERNAL"), ["QUIT :Jetbridge"])
    }

    private func begin(_ sasl: IRCSettings.SASL, offer: String) -> [String] {
        let script = Transcript(tls: .verify(caFile: nil), sasl: sasl)
        _ = script.connect(isSecure: true)
        script.read("CAP * LS :\(offer)")
        return script.read("CAP * ACK :sasl")
    }

    @Test("If the server names its mechanisms only when it refuses one, the strongest of those is used")
    func guess() {
        let script = Transcript(tls: .verify(caFile: nil), sasl: .password(account: "jet", Secret("pw")))
        _ = script.connect(isSecure: true)
        expectEqual(script.read("CAP * LS :sasl", "CAP * ACK :sasl").last, "AUTHENTICATE PLAIN")
        let sent = script.read(":s 908 * SCRAM-SHA-256,EXTERNAL :are available", ":s 904 * :failed")
        expectEqual(sent, ["AUTHENTICATE SCRAM-SHA-256"])
        expectEqual(script.read("AUTHENTICATE +").first?.hasPrefix("AUTHENTICATE biws"), true)
        expectEqual(script.read(":s 908 * PLAIN :are available", ":s 904 * :failed"), ["QUIT :Jetbridge"])
    }

    @Test(
        "Unencrypted, the strongest mechanism is used that does not show the password",
        arguments: ["=PLAIN,SCRAM-SHA-256", ""])
    func strongestInTheClear(_ list: String) {
        let script = Transcript(sasl: .password(account: "jet", Secret("pw")))
        _ = script.connect()
        script.read("CAP * LS :sasl\(list)")
        expectEqual(script.read("CAP * ACK :sasl"), ["AUTHENTICATE SCRAM-SHA-256"])
        expectEqual(script.read("AUTHENTICATE +").first?.hasPrefix("AUTHENTICATE biws"), true)
        let weak = Transcript(sasl: .password(account: "jet", Secret("pw")))
        _ = weak.connect()
        weak.read("CAP * LS :sasl=PLAIN")
        expectEqual(weak.read("CAP * ACK :sasl"), ["QUIT :Jetbridge"])
    }

    // MARK: SCRAM-SHA-256

    // The example of RFC 7677 §3; the transcript's nonce is the one of the example.
    private static let challenge =
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
    private static let proof =
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
    private static let signature = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="

    private func authenticate(_ message: String) -> String { "AUTHENTICATE \(base64(Array(message.utf8)))" }

    /// A transcript that has sent SCRAM's first message.
    private func scram(_ account: String = "user", _ password: String = "pencil") -> (Transcript, first: [String]) {
        let sasl = IRCSettings.SASL.password(account: account, Secret(password))
        let script = Transcript(tls: .verify(caFile: nil), sasl: sasl)
        _ = script.connect(isSecure: true)
        script.read("CAP * LS :sasl=PLAIN,SCRAM-SHA-256", "CAP * ACK :sasl")
        return (script, script.read("AUTHENTICATE +"))
    }

    private func refusal(_ script: Transcript) -> String {
        script.handle(.disconnected(.init(.lost, "closed")))
        return script.statuses().last ?? ""
    }

    @Test("SCRAM-SHA-256 matches the example of RFC 7677, and confirms the server's last message")
    func scramExample() {
        let (script, first) = self.scram()
        expectEqual(first, [self.authenticate("n,,n=user,r=rOprNGfwEbeRWgbNEkqO")])
        expectEqual(script.read(self.authenticate(Self.challenge)), [self.authenticate(Self.proof)])
        expectEqual(script.read(self.authenticate(Self.signature)), ["AUTHENTICATE +"])
        expectEqual(script.read(":s 900 * * user :in", ":s 903 * :ok"), ["CAP END"])
    }

    @Test("The server's messages may arrive in pieces of 400")
    func pieces() {
        let (script, _) = self.scram()
        // An extension makes the message's base64 exactly 800 bytes long.
        let long = Self.challenge + ",x=" + String(repeating: "y", count: 600 - Self.challenge.utf8.count - 3)
        let encoded = base64(Array(long.utf8))
        expectEqual(encoded.utf8.count, 800)
        #expect(script.read("AUTHENTICATE \(encoded.prefix(400))", "AUTHENTICATE \(encoded.suffix(400))").isEmpty)
        expectEqual(script.read("AUTHENTICATE +").first?.hasPrefix("AUTHENTICATE Yz1iaXdz"), true)
    }

    @Test(
        "A server that does not prove that it knows the password is refused",
        arguments: ["", "AAAA", "v=nmU3fQHWcJQi9pMgtqKSKPrVnyI6sqNO6I7pE/0oyGc=", "v=", "x", "m=1,v=AAAA"])
    func falseSignature(_ answer: String) {
        let (script, _) = self.scram()
        script.read(self.authenticate(Self.challenge))
        let line = answer.isEmpty ? "AUTHENTICATE :" : self.authenticate(answer)
        expectEqual(script.read(line), ["AUTHENTICATE *", "QUIT :Jetbridge"])
        // Nothing that follows changes that.
        #expect(!script.read(":s 903 * :ok", ":s 001 user :Welcome").contains("CAP END"))
        #expect(self.refusal(script).contains("does not know the password"))
    }

    @Test("A server that skips its proof is refused", arguments: [0, 1, 2])
    func skippedProof(_ steps: Int) {
        let (script, _) = self.scram()
        if steps > 0 { script.read(self.authenticate(Self.challenge)) }
        let number = steps == 2 ? 907 : 903
        expectEqual(script.read(":s \(number) * :ok"), ["AUTHENTICATE *", "QUIT :Jetbridge"])
        #expect(self.refusal(script).contains("without a proof"))
    }

    @Test("After a failed SCRAM login PLAIN is not tried")
    func noDowngrade() {
        let (script, _) = self.scram()
        script.read(self.authenticate(Self.challenge))
        let sent = script.read(":s 908 * PLAIN :are available", ":s 904 * :failed")
        expectEqual(sent, ["QUIT :Jetbridge"])
        #expect(self.refusal(script).contains("SCRAM-SHA-256 failed: failed; check account and password"))
    }

    @Test(
        "An unusable challenge ends the login",
        arguments: [
            ("r=other,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", "another login"),
            ("r=rOprNGfwEbeRWgbNEkqO,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", "another login"),
            ("r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4095", "4095 iterations"),
            ("r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=999999999", "999999999 iterations"),
            ("r=rOprNGfwEbeRWgbNEkqOx,s=,i=4096", "malformed"), ("r=rOprNGfwEbeRWgbNEkqOx,s=!,i=4096", "malformed"),
            ("m=x,r=rOprNGfwEbeRWgbNEkqOx,s=AAAA,i=4096", "malformed"), ("", "malformed"), ("e=x", "malformed"),
        ])
    func badChallenge(_ challenge: String, _ reason: String) {
        let (script, _) = self.scram()
        expectEqual(script.read(self.authenticate(challenge)), ["AUTHENTICATE *", "QUIT :Jetbridge"])
        #expect(self.refusal(script).contains(reason))
    }

    @Test("Messages that are not base64, or too long, end the login")
    func badEncoding() {
        let (script, _) = self.scram()
        expectEqual(script.read("AUTHENTICATE ?"), ["AUTHENTICATE *", "QUIT :Jetbridge"])
        let (long, _) = self.scram()
        let piece = String(repeating: "A", count: 400)
        var sent: [String] = []
        for _ in 0..<50 where sent.isEmpty { sent = long.read("AUTHENTICATE \(piece)") }
        expectEqual(sent, ["AUTHENTICATE *", "QUIT :Jetbridge"])
    }

    @Test("The server's error is shown")
    func serverError() {
        let (script, _) = self.scram()
        script.read(self.authenticate(Self.challenge))
        expectEqual(script.read(self.authenticate("e=invalid-proof")).first, "AUTHENTICATE *")
        #expect(self.refusal(script).contains("the server says invalid-proof; check account and password"))
    }

    @Test("Account and password are prepared by SASLprep, the account also escaped")
    func preparation() throws {
        let (_, first) = self.scram("a=b,\u{2168}")
        expectEqual(first, [self.authenticate("n,,n=a=3Db=2CIX,r=rOprNGfwEbeRWgbNEkqO")])
        // The soft hyphen is dropped.
        let (script, _) = self.scram("user", "pen\u{AD}cil")
        expectEqual(script.read(self.authenticate(Self.challenge)), [self.authenticate(Self.proof)])
        let (bad, sent) = self.scram("user", "pen\u{7}cil")
        expectEqual(sent, ["AUTHENTICATE *", "QUIT :Jetbridge"])
        #expect(self.refusal(bad).contains("set mechanism: PLAIN"))
    }
}
