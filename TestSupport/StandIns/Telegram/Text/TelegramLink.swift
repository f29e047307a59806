/// The addresses that links may have.
enum TelegramLink {
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
