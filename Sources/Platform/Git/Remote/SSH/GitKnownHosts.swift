internal import Crypto
internal import Primitives

/// The file of servers' keys, in the format of OpenSSH (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT").
enum GitKnownHosts {
    enum Verdict: Sendable, Hashable {
        case known
        /// No line lists a key of this type for the server.
        case unknown
        /// A line lists a different key of this type.
        case changed
        case revoked
    }

    /// Throws unless the file lists the key for the server.
    static func check(_ key: [UInt8], host: String, port: Int, in path: String) throws(GitError) {
        let text = String(decoding: try Self.read(path), as: UTF8.self)
        let type = Self.type(of: key)
        let fingerprint = "SHA256:" + base64(sha256(key)).prefix { $0 != "=" }
        let scan = "ssh-keyscan \(port == 22 ? "" : "-p \(port) ")-t \(Self.scanType(type)) \(host) >> \(path)"
        switch Self.verdict(text, key: key, host: host, port: port) {
        case .known: return
        case .unknown:
            throw GitError(
                .unreachable,
                "\(host) is not trusted, because its \(type) key \(fingerprint) is not in \(path): compare it with the one that the server's owner publishes, then add it with `\(scan)`"
            )
        case .changed:
            throw GitError(
                .unreachable,
                "\(host) is not trusted, because it has another \(type) key (\(fingerprint)) than \(path) says: somebody may be in between; if the server's owner has changed it, delete the old line and add the new one with `\(scan)`"
            )
        case .revoked:
            throw GitError(
                .unreachable,
                "\(host) is not trusted, because \(path) marks its key \(fingerprint) as revoked: ask the server's owner"
            )
        }
    }

    static func verdict(_ text: String, key: [UInt8], host: String, port: Int) -> Verdict {
        let name = port == 22 ? host : "[\(host)]:\(port)"
        let type = Self.type(of: key)
        var verdict = Verdict.unknown
        for line in text.split(whereSeparator: \.isNewline) {
            var fields = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
            guard let first = fields.first, !first.hasPrefix("#") else { continue }
            var marker: Substring?
            if first.hasPrefix("@") { marker = fields.removeFirst() }
            // Host certificates are not supported.
            guard fields.count >= 3, marker == nil || marker == "@revoked", Self.matches(fields[0], name) else {
                continue
            }
            let isSame = decodeBase64(String(fields[2])) == key
            if isSame, marker != nil { return .revoked }
            if isSame {
                verdict = .known
            } else if marker == nil, verdict == .unknown, fields[1] == type {
                verdict = .changed
            }
        }
        return verdict
    }

    /// Whether a line's first field names the host.
    private static func matches(_ field: Substring, _ name: String) -> Bool {
        if field.hasPrefix("|1|") {
            let parts = field.split(separator: "|")
            guard parts.count == 3, let salt = decodeBase64(String(parts[1])),
                let hash = decodeBase64(String(parts[2]))
            else { return false }
            return hmacSHA1(Array(name.utf8), key: salt) == hash
        }
        var isNamed = false
        for pattern in field.lowercased().split(separator: ",") {
            if pattern.hasPrefix("!") {
                if Self.fits(Array(pattern.utf8.dropFirst()), Array(name.utf8)) { return false }
            } else if Self.fits(Array(pattern.utf8), Array(name.utf8)) {
                isNamed = true
            }
        }
        return isNamed
    }

    /// `*` matches any text, `?` one character. Takes time proportional to the product of both lengths.
    private static func fits(_ pattern: [UInt8], _ name: [UInt8]) -> Bool {
        var (position, place) = (0, 0)
        var star: (pattern: Int, name: Int)?
        while place < name.count {
            if position < pattern.count, pattern[position] == UInt8(ascii: "*") {
                star = (position, place)
                position += 1
            } else if position < pattern.count,
                pattern[position] == name[place] || pattern[position] == UInt8(ascii: "?")
            {
                position += 1
                place += 1
            } else if let last = star {
                star = (last.pattern, last.name + 1)
                position = last.pattern + 1
                place = last.name + 1
            } else {
                return false
            }
        }
        return pattern[position...].allSatisfy { $0 == UInt8(ascii: "*") }
    }

    /// The name at the beginning of a key (RFC 4253 §6.6).
    private static func type(of key: [UInt8]) -> String {
        guard key.count > 4 else { return "" }
        let count = key[..<4].reduce(0) { $0 << 8 | Int($1) }
        guard count <= 64, key.count >= 4 + count else { return "" }
        return GitName.printable(String(decoding: key[4..<4 + count], as: UTF8.self))
    }

    private static func scanType(_ type: String) -> String {
        if type.hasPrefix("ecdsa-") { return "ecdsa" }
        return type.hasPrefix("ssh-") ? String(type.dropFirst(4)) : "rsa,ecdsa,ed25519"
    }

    private static func read(_ path: String) throws(GitError) -> [UInt8] {
        guard let bytes = FileDescriptor.contents(of: path, upTo: 4 << 20) else {
            throw GitError(
                .unreachable,
                "the file of known SSH hosts \(path) can't be read: make it, and give jetbridge's user access to it")
        }
        return bytes
    }
}
