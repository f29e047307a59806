internal import JSON

/// `apps.json` and `hosts.json` of Copilot's editor plug-ins.
///
/// Other programs rewrite them in place, so an empty or truncated file, or an entry without a token, is ignored.
enum EditorSignInFile {
    struct Entry: Equatable {
        /// `github.com`, or with the app's id: `github.com:Iv1.…`.
        let key: String
        let user: String?
        let token: String
    }

    /// The entries for a GitHub with these names, in the order of the file. A key is a name, or a name, a colon and an
    /// app's id. (A prefix match alone would also find `github.com.evil`.)
    static func entries(in bytes: [UInt8], for hosts: [String]) -> [Entry] {
        let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let text = bytes.starts(with: byteOrderMark) ? Array(bytes.dropFirst(3)) : bytes
        guard let file = (try? JSON.parse(text))?.objectValue else { return [] }
        return file.compactMap { key, value in
            let wanted = key.lowercased()
            guard
                hosts.contains(where: { wanted == $0 || wanted.hasPrefix($0 + ":") && !Self.isPort(wanted, behind: $0) }
                ),
                let token = value["oauth_token"]?.stringValue, !token.isEmpty
            else { return nil }
            return Entry(key: key, user: value["user"]?.stringValue, token: token)
        }
    }

    /// Whether the key continues with a port: `host:8443` is a different server from `host`.
    private static func isPort(_ key: String, behind host: String) -> Bool {
        let rest = key.dropFirst(host.count + 1)
        return !rest.isEmpty && rest.utf8.count <= 5 && rest.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }
}
