internal import IRC
internal import JSON
internal import Primitives

/// Reads an entry of `adapters.irc`.
extension IRCSettings {
    init?(_ section: Section, id: String) {
        let tls = section.read("tls", default: TLS.none, shown: false, Self.tls)
        let server = section.required("server") { $0.address(defaultPort: tls == .none ? 6667 : 6697) }
        let nick = section.read("nick", default: "jetbridge", Self.nick)
        let username = section.optional("username", Self.word)
        let realname = section.read("realname", default: "Jetbridge", Self.line)
        let password = section.optional("password") { $0.secret() }
        let sasl = section.optional("sasl") { $0.section(Self.sasl) }
        let channels = section.list("channels", Self.channel) ?? []
        let flood = section.section("flood", Self.flood)
        guard let server else { return nil }
        self.init(
            id: id, host: server.host, port: server.port, tls: tls, nick: nick, username: username, realname: realname,
            password: password, sasl: sasl, channels: channels, flood: flood)
        self.check(section)
    }

    private func check(_ section: Section) {
        guard self.tls == .none else { return }
        if self.sasl?.certificate != nil {
            section.error("SASL EXTERNAL authenticates with a TLS certificate; set tls: true")
        } else if !self.isLoopback {
            section.warn("the connection to \(self.host) is not encrypted; set tls: true if the server supports it")
        }
    }

    /// The send rate that the server tolerates; the defaults are below every common server's limit.
    private static func flood(_ section: Section) -> Flood {
        var flood = Flood.safe
        flood.burst = section.read("burst", default: flood.burst) { $0.integer(in: 1...1000) }
        if let interval = section.optional("interval", { $0.duration(to: .seconds(60)) }) {
            flood.interval = Int64(interval / .milliseconds(1))
        }
        flood.bytesPerSecond = section.optional("bytes_per_second") { $0.integer(in: 100...10_000_000) }
        return flood
    }

    private static func tls(_ value: Value) -> TLS? {
        if let isOn = value.plainBool { return isOn ? .verify(caFile: nil) : TLS.none }
        guard value.isMapping else {
            return value.error("expected true, false or {ca_file: PATH}, found \(value.kind)")
        }
        return value.section { .verify(caFile: $0.required("ca_file") { $0.pemFile() }) }
    }

    /// Without `mechanism`, the strongest that the server offers and that the other keys allow.
    private static func sasl(_ section: Section) -> SASL? {
        let mechanism: SASL.Mechanism? = section.optional("mechanism") { $0.choice() }
        var sasl = SASL(mechanism: mechanism, password: nil)
        if mechanism == .external || (mechanism == nil && section.value("certificate") != nil) {
            let certificate = section.required("certificate") { $0.pemFile() }
            let key = section.read("key", default: certificate) { .some($0.pemFile("PRIVATE KEY")) }
            guard let certificate, let key else { return nil }
            sasl.certificate = SASL.Certificate(certificate: certificate, key: key)
        }
        if mechanism == .external {
            _ = section.optional("account", Self.word)  // allowed for the reader; the certificate decides
        } else if sasl.certificate == nil || section.has("account") || section.has("password") {
            let account = section.required("account", Self.word)
            let password = section.required("password") { $0.secret() }
            guard let account, let password else { return nil }
            sasl.password = SASL.Password(account: account, secret: password)
        }
        return sasl
    }

    /// RFC 2812 §2.3.1, with the letters that current servers allow; the server limits the length.
    private static func nick(_ value: Value) -> String? {
        guard let nick = Self.word(value) else { return nil }
        let special = "[]\\`_^{|}-"
        let isGood = nick.allSatisfy { !$0.isASCII || $0.isLetter || $0.isNumber || special.contains($0) }
        guard isGood, let first = nick.first, first != "-", !("0"..."9").contains(first) else {
            return value.error("a nick has letters, digits and \(special), and does not begin with a digit or '-'")
        }
        return nick
    }

    private static func channel(_ value: Value) -> Channel? {
        if value.isMapping {
            return value.section { section in
                let key = section.optional("key") { $0.secret() }
                return section.required("name", Self.channelName).map { Channel($0, key: key) }
            }
        }
        return Self.channelName(value).map { Channel($0) }
    }

    private static func channelName(_ value: Value) -> String? {
        guard let name = Self.word(value) else { return nil }
        guard let first = name.first, "#&+!".contains(first), !name.contains(",") else {
            return value.error("a channel begins with # and contains no comma, as in \"#team\"")
        }
        return name
    }

    /// One parameter of an IRC line.
    private static func word(_ value: Value) -> String? {
        guard let text = Self.line(value) else { return nil }
        return text.contains(" ") || text.hasPrefix(":")
            ? value.error("this must be one word that does not begin with ':'") : text
    }

    private static func line(_ value: Value) -> String? {
        value.string(
            where: { $0.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F } },
            else: "this must not contain control characters")
    }
}
