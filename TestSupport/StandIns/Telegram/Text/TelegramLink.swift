/// The entity for a link.
enum TelegramLink {
    /// A mention for `tg://user?id=`, a link for a valid address, otherwise nil.
    static func entity(_ url: String, _ offset: Int, _ length: Int) -> TelegramEntity? {
        if url.hasPrefix("tg://user?id="), let user = Int64(url.dropFirst("tg://user?id=".count)) {
            return TelegramEntity("text_mention", offset, length, user: user)
        }
        guard let checked = Self.checked(url) else { return nil }
        return TelegramEntity("text_link", offset, length, url: checked)
    }

    /// The normalised address; nil if the server does not accept it.
    static func checked(_ url: String) -> String? {
        let lower = url.lowercased()
        for scheme in ["tg:", "ton:", "tonsite:"] where lower.hasPrefix(scheme) { return url }
        var rest = Substring(url)
        var scheme = "http"
        if let separator = url.firstRange(of: "://") {
            scheme = url[..<separator.lowerBound].lowercased()
            guard ["http", "https", "ftp"].contains(scheme) else { return nil }
            rest = url[separator.upperBound...]
        }
        let host = rest.prefix { !"/?#".contains($0) }
        guard host.contains("."), !host.hasPrefix("."), !host.contains(where: \.isWhitespace) else { return nil }
        let tail = rest.dropFirst(host.count)
        return "\(scheme)://\(host.lowercased())\(tail.isEmpty ? "/" : tail)"
    }
}
