package import HTTP

/// The address of a repository on a server, checked. Pure.
///
/// Allowed are `https://host/path` (`http` only for loopback), `ssh://user@host[:port]/path`, `user@host:path` and an
/// absolute path on this machine. Everything else, such as `ext::` and `file://`, is refused, and so are a password or
/// a token in the address: they would be displayed and stored with it.
package struct GitRemoteURL: Sendable, Hashable, CustomStringConvertible {
    package enum Place: Sendable, Hashable {
        case http(HTTPURL)
        /// `isRelative`: the path begins at the user's home.
        case ssh(user: String, host: String, port: Int, path: String, isRelative: Bool)
        case file(String)
    }

    package let place: Place
    /// The address as given.
    package let description: String

    package init(_ text: String) throws(GitError) {
        self.description = text
        guard !text.isEmpty, text.utf8.count <= 2_048, !text.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) else {
            throw Self.refusal("it is empty, too long or has a space")
        }
        guard !text.hasPrefix("-") else { throw Self.refusal("it begins with a dash") }
        if text.hasPrefix("/") {
            self.place = .file(text)
        } else if text.hasPrefix("https://") || text.hasPrefix("http://") {
            self.place = .http(try Self.http(text))
        } else if text.hasPrefix("ssh://") {
            self.place = try Self.ssh(text.dropFirst(6))
        } else if let colon = text.firstIndex(of: ":"), !text[colon...].hasPrefix("::"), !text.contains("://") {
            self.place = try Self.scp(text[..<colon], text[text.index(after: colon)...])
        } else {
            throw Self.refusal("its kind is not supported")
        }
    }

    /// The name for messages: host and path.
    package var shown: String {
        switch self.place {
        case .http(let url): url.authority + url.path
        case .ssh(_, let host, _, let path, _): "\(host):\(path)"
        case .file(let path): path
        }
    }

    private static func http(_ text: String) throws(GitError) -> HTTPURL {
        let url: HTTPURL
        do {
            url = try HTTPURL(text)
        } catch {
            throw Self.refusal(error.message)
        }
        guard url.isSecure || url.isLoopback else { throw Self.refusal("plain http would send the token unencrypted") }
        guard url.query == nil, url.path.count > 1 else { throw Self.refusal("it has no path, or a query") }
        var plain = url
        while plain.path.hasSuffix("/") { plain.path.removeLast() }
        return plain
    }

    private static func ssh(_ rest: Substring) throws(GitError) -> Place {
        guard let slash = rest.firstIndex(of: "/") else { throw Self.refusal("it has no path") }
        let (user, hostAndPort) = try Self.split(rest[..<slash])
        var host = hostAndPort
        var port = 22
        if let colon = host.lastIndex(of: ":"), !host.hasSuffix("]") {
            guard let number = UInt16(host[host.index(after: colon)...]), number > 0 else {
                throw Self.refusal("its port is not a number")
            }
            port = Int(number)
            host = host[..<colon]
        }
        var path = String(rest[slash...])
        let isRelative = path.hasPrefix("/~/")
        if isRelative { path.removeFirst(3) }
        return try Self.ssh(user, host, port, path, isRelative: isRelative)
    }

    private static func scp(_ account: Substring, _ path: Substring) throws(GitError) -> Place {
        let (user, host) = try Self.split(account)
        return try Self.ssh(user, host, 22, String(path), isRelative: !path.hasPrefix("/"))
    }

    private static func split(_ account: Substring) throws(GitError) -> (user: Substring, host: Substring) {
        guard let at = account.firstIndex(of: "@") else { throw Self.refusal("it has no user, as in git@host:path") }
        let user = account[..<at]
        guard !user.contains(":") else { throw Self.refusal("it has a password") }
        guard !user.isEmpty, !user.hasPrefix("-"), user.utf8.allSatisfy(Self.nameBytes.contains) else {
            throw Self.refusal("its user is not a plain name")
        }
        return (user, account[account.index(after: at)...])
    }

    private static func ssh(
        _ user: Substring, _ host: Substring, _ port: Int, _ path: String, isRelative: Bool
    ) throws(GitError) -> Place {
        let isIPv6 = host.hasPrefix("[") && host.hasSuffix("]")
        let plain = isIPv6 ? host.dropFirst().dropLast() : host
        let allowed = isIPv6 ? Self.nameBytes.union(ByteSet(":")) : Self.nameBytes
        guard !plain.isEmpty, !plain.hasPrefix("-"), plain.utf8.allSatisfy(allowed.contains) else {
            throw Self.refusal("its host is not a plain name")
        }
        // The server's shell reads the path between single quotes.
        guard path.count > (isRelative ? 0 : 1), !path.hasPrefix("-"), !path.contains(where: { "'\\!`\"".contains($0) })
        else { throw Self.refusal("its path is empty or has a quote") }
        return .ssh(
            user: String(user), host: plain.lowercased(), port: port, path: path, isRelative: isRelative)
    }

    private static let nameBytes = ByteSet("._-").union(.letters).union(.digits)

    /// Never contains the address, which may have a token in it.
    private static func refusal(_ reason: String) -> GitError {
        GitError(
            .invalidName,
            "the repository's address can't be used because \(reason): write it as https://host/path, ssh://user@host/path, git@host:path or an absolute path"
        )
    }
}
