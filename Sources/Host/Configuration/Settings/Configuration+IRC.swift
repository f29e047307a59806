package import Primitives

extension Configuration {
    package struct IRC: Sendable {
        package enum TLS: Sendable, Equatable {
            case off
            /// Always verified; `caFile` is trusted besides the system's certificates.
            case on(caFile: String?)
        }

        package enum SASL: Sendable {
            case plain(account: String, password: Secret)
            /// By the certificate that the connection itself shows.
            case external(certificate: String, key: String)
        }

        package struct Channel: Sendable, Equatable {
            package var name: String
            package var key: Secret?

            package init(name: String, key: Secret?) {
                self.name = name
                self.key = key
            }
        }

        /// The pace that the server takes: `burst` lines at once, then one each `interval`.
        package struct Flood: Sendable, Equatable {
            package var burst: Int
            package var interval: Duration

            init(_ section: Section) {
                self.burst = section.read("burst", default: 5) { $0.integer(in: 1...1000) }
                self.interval = section.read("interval", default: .seconds(2)) { $0.duration(to: .seconds(60)) }
            }
        }

        package var id: String
        package var server: SocketAddress
        package var tls: TLS
        package var nick: String
        /// The user name of the connection; the nick by default.
        package var username: String
        /// What WHOIS shows.
        package var realname: String
        /// The server's password.
        package var password: Secret?
        package var sasl: SASL?
        package var channels: [Channel]
        package var flood: Flood

        init?(_ section: Section, id: String) {
            self.id = id
            let tls = section.read("tls", default: TLS.off, Self.tls)
            let server = section.required("server") { $0.address(defaultPort: tls == .off ? 6667 : 6697) }
            let nick = section.read("nick", default: "jetbridge", Self.nick)
            self.tls = tls
            self.nick = nick
            self.username = section.read("username", default: nick, Self.word)
            self.realname = section.read("realname", default: "Jetbridge bot", Self.line)
            self.password = section.optional("password") { $0.secret() }
            self.sasl = section.optional("sasl") { $0.section(Self.sasl).flatMap { $0 } }
            self.channels = section.list("channels", Self.channel) ?? []
            self.flood = section.section("flood") { Flood($0) }
            guard let server else { return nil }
            self.server = server
            self.check(section)
        }

        private func check(_ section: Section) {
            if case .external = self.sasl, self.tls == .off {
                section.error("SASL EXTERNAL shows a certificate, which takes TLS; set tls: true")
            }
            if self.tls == .off, !self.server.isLoopback {
                section.warn("the connection to \(self.server) is not encrypted; set tls: true where the server has it")
            }
        }

        private static func tls(_ value: Value) -> TLS? {
            if let isOn = value.plainBool { return isOn ? .on(caFile: nil) : .off }
            guard value.isMapping else {
                return value.error("true, false or {ca_file: PATH} is expected here, not \(value.kind)")
            }
            return value.section { .on(caFile: $0.required("ca_file") { $0.readableFile() }) }
        }

        private static func sasl(_ section: Section) -> SASL? {
            enum Mechanism: String, CaseIterable { case plain = "PLAIN", external = "EXTERNAL" }
            switch section.read("mechanism", default: Mechanism.plain, { $0.choice() }) {
            case .plain:
                let account = section.required("account", Self.word)
                let password = section.required("password") { $0.secret() }
                guard let account, let password else { return nil }
                return .plain(account: account, password: password)
            case .external:
                _ = section.optional("account", Self.word)  // the certificate names it; written for the reader
                let certificate = section.required("certificate") { $0.readableFile() }
                let key = section.read("key", default: certificate) { .some($0.readableFile()) }
                guard let certificate, let key else { return nil }
                return .external(certificate: certificate, key: key)
            }
        }

        /// RFC 2812 §2.3.1, with the letters that servers of today allow; how long one may be, the server says.
        private static func nick(_ value: Value) -> String? {
            guard let nick = Self.word(value) else { return nil }
            let special = "[]\\`_^{|}-"
            let isGood = nick.allSatisfy { !$0.isASCII || $0.isLetter || $0.isNumber || special.contains($0) }
            guard isGood, let first = nick.first, first != "-", !("0"..."9").contains(first) else {
                return value.error("a nick has letters, digits and \(special), and begins with neither digit nor '-'")
            }
            return nick
        }

        private static func channel(_ value: Value) -> Channel? {
            if value.isMapping {
                return value.section { section in
                    let key = section.optional("key") { $0.secret() }
                    return section.required("name", Self.channelName).map { Channel(name: $0, key: key) }
                }.flatMap { $0 }
            }
            return Self.channelName(value).map { Channel(name: $0, key: nil) }
        }

        private static func channelName(_ value: Value) -> String? {
            guard let name = Self.word(value) else { return nil }
            guard let first = name.first, "#&+!".contains(first), !name.contains(",") else {
                return value.error("a channel begins with # and has no comma, as in \"#team\"")
            }
            return name
        }

        /// What may stand as one word of an IRC line.
        private static func word(_ value: Value) -> String? {
            guard let text = Self.line(value) else { return nil }
            return text.contains(" ") || text.hasPrefix(":") ? value.error("no spaces are possible here") : text
        }

        private static func line(_ value: Value) -> String? {
            guard let text = value.string() else { return nil }
            let isClean = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
            return isClean ? text : value.error("no control characters are possible here")
        }
    }
}
