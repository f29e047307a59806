/// The server's software (004) and features (005, ISUPPORT). Missing tokens keep RFC 1459's defaults.
package struct IRCFeatures: Sendable {
    package internal(set) var casemapping = IRCCasemapping.rfc1459
    package private(set) var channelTypes = Array("#&".utf8)
    /// Mode letters and prefix signs of channel members, highest rank first.
    package private(set) var prefixes: [(mode: UInt8, sign: UInt8)] = [(0x6F, 0x40), (0x76, 0x2B)]
    /// The maximum length of a nick.
    package private(set) var nickLength: Int?
    /// The maximum length of our own nick.
    package private(set) var ownNickLength: Int?
    /// Maximum bytes of a line as relayed, including CR LF.
    package private(set) var lineLength = 512
    /// Maximum messages of one CHATHISTORY request; 0 for no limit.
    package private(set) var historyLimit: Int?
    package private(set) var hasWHOX = false
    /// The user mode that marks bots.
    package private(set) var botMode: String?
    /// Maximum number of watched nicks, 0 if the server states none; nil without MONITOR.
    package private(set) var monitorLimit: Int?
    /// Maximum number of targets by command, where the server states one.
    package private(set) var targetLimits: [String: Int] = [:]
    /// Client tags that the server does not relay; "*" means all, "-name" an exception.
    package private(set) var deniedTags: [String] = []
    package var software = ""
    /// Those in effect, by name, as the server sent them.
    package private(set) var tokens: [String: String] = [:]

    package init() {}

    /// ngIRCd reads about 250 bytes a second and delays the rest.
    package var isNgIRCd: Bool { self.software.lowercased().hasPrefix("ngircd") }

    /// The longest nick to plan for; without NICKLEN, the maximum of InspIRCd, UnrealIRCd and Solanum.
    package var assumedNickLength: Int { self.nickLength ?? 31 }

    package func isChannel(_ name: some Sequence<UInt8>) -> Bool {
        for byte in name { return self.channelTypes.contains(byte) }
        return false
    }

    package func isChannel(_ name: String) -> Bool { self.isChannel(name.utf8) }

    /// Whether the server relays the client tag `tag`, given without `+` (CLIENTTAGDENY).
    package func relays(tag: String) -> Bool {
        if self.deniedTags.contains("-" + tag) { return true }
        return !self.deniedTags.contains("*") && !self.deniedTags.contains(tag)
    }

    /// Takes one token of a 005 line: `NAME`, `NAME=value` or `-NAME`.
    package mutating func take(_ token: String) {
        let bytes = token.utf8
        if bytes.first == UInt8(ascii: "-") { return self.reset(String(token.dropFirst()).uppercased()) }
        let name = String(token.prefix { $0 != "=" })
        self.set(name.uppercased(), Self.unescape(String(token.dropFirst(name.count + 1))), token)
    }

    private mutating func set(_ name: String, _ value: String, _ token: String) {
        switch name {
        case "CASEMAPPING": self.casemapping = IRCCasemapping(token: value)
        case "CHANTYPES": self.channelTypes = Array(value.utf8)
        case "PREFIX": self.setPrefixes(Array(value.utf8))
        case "NICKLEN", "MAXNICKLEN":
            guard let length = Self.number(value, in: 1...512) else { return }
            self.nickLength = max(self.nickLength ?? 0, length)
            if name == "NICKLEN" { self.ownNickLength = length }
        case "LINELEN": self.lineLength = Self.number(value, in: 512...IRCLineBuffer.defaultLimit / 2) ?? 512
        case "CHATHISTORY", "DRAFT/CHATHISTORY": self.historyLimit = Self.number(value, in: 0...100_000)
        case "WHOX": self.hasWHOX = true
        case "BOT": self.botMode = Self.isLetter(value) ? value : nil
        case "MONITOR": self.monitorLimit = Self.number(value, in: 0...100_000) ?? 0
        case "TARGMAX": self.setTargetLimits(value)
        case "CLIENTTAGDENY": self.deniedTags = value.split(separator: ",").map(String.init)
        default: return
        }
        self.tokens[name] = token
    }

    private mutating func reset(_ name: String) {
        let fresh = Self()
        self.tokens[name] = nil
        switch name {
        case "CASEMAPPING": self.casemapping = fresh.casemapping
        case "CHANTYPES": self.channelTypes = fresh.channelTypes
        case "PREFIX": self.prefixes = fresh.prefixes
        case "NICKLEN", "MAXNICKLEN":
            self.nickLength = nil
            self.ownNickLength = nil
        case "LINELEN": self.lineLength = fresh.lineLength
        case "CHATHISTORY", "DRAFT/CHATHISTORY": self.historyLimit = nil
        case "WHOX": self.hasWHOX = false
        case "BOT": self.botMode = nil
        case "MONITOR": self.monitorLimit = nil
        case "TARGMAX": self.targetLimits = [:]
        case "CLIENTTAGDENY": self.deniedTags = []
        default: break
        }
    }

    /// Servers have five, some a few more.
    private static let prefixLimit = 32

    /// `(ov)@+`, or empty if the server has no prefixes.
    private mutating func setPrefixes(_ value: [UInt8]) {
        guard value.first == UInt8(ascii: "("), let end = value.firstIndex(of: UInt8(ascii: ")")) else {
            self.prefixes = []
            return
        }
        // Each name in NAMES and WHO is compared with all of them.
        self.prefixes = zip(value[1..<end], value[(end + 1)...]).prefix(Self.prefixLimit).map { (mode: $0, sign: $1) }
    }

    private mutating func setTargetLimits(_ value: String) {
        self.targetLimits = [:]
        for part in value.split(separator: ",") {
            let pieces = part.split(separator: ":", maxSplits: 1)
            guard pieces.count == 2, let limit = Self.number(String(pieces[1]), in: 1...1_000) else { continue }
            self.targetLimits[String(pieces[0]).uppercased()] = limit
        }
    }

    private static func number(_ text: String, in range: ClosedRange<Int>) -> Int? {
        Int(text).flatMap { range.contains($0) ? $0 : nil }
    }

    private static func isLetter(_ text: String) -> Bool {
        text.utf8.count == 1 && text.utf8.allSatisfy { (0x61...0x7A).contains($0 | 0x20) }
    }

    /// Replaces `\xHH` by the byte with that hexadecimal value.
    private static func unescape(_ text: String) -> String {
        guard text.utf8.contains(0x5C) else { return text }
        let bytes = Array(text.utf8)
        var plain: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if index + 3 < bytes.count, bytes[index] == 0x5C, bytes[index + 1] | 0x20 == UInt8(ascii: "x"),
                let value = UInt8(String(decoding: bytes[index + 2...index + 3], as: UTF8.self), radix: 16)
            {
                plain.append(value)
                index += 4
            } else {
                plain.append(bytes[index])
                index += 1
            }
        }
        return IRCText.decode(plain)
    }
}
