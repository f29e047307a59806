/// An address that `fetch` may be called with.
struct WebAddress: Equatable {
    let text: String
    /// `HOST:PORT`, as the jail's network names it.
    let place: String

    init(_ written: String) throws(ToolFailure) {
        let text = written.trimming()
        let scheme = text.prefix { $0 != ":" }.lowercased()
        guard scheme == "http" || scheme == "https", text.dropFirst(scheme.count).hasPrefix("://") else {
            throw ToolFailure("The address must begin with http:// or https://.")
        }
        // Nothing that a shell, curl or a person could read differently.
        guard text.utf8.count <= 2_000, text.utf8.allSatisfy({ 0x21...0x7E ~= $0 && !"'\"\\`<>^{|}".utf8.contains($0) })
        else {
            throw ToolFailure("The address has characters that must be percent-encoded, or is longer than 2000 bytes.")
        }
        let rest = text.dropFirst(scheme.count + 3)
        let authority = rest.prefix { !"/?#".contains($0) }
        guard !authority.isEmpty, !authority.contains("@") else {
            throw ToolFailure("The address needs a host, without a user or password.")
        }
        let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
        let isBracketed = authority.hasPrefix("[")
        let port = isBracketed ? nil : parts.count == 2 ? Int(parts[1]) : nil
        guard isBracketed || parts.count == 1 || (parts.count == 2 && 1...65_535 ~= port ?? 0) else {
            throw ToolFailure("The address has a wrong port.")
        }
        self.text = text
        self.place =
            isBracketed ? String(authority) : "\(parts[0].lowercased()):\(port ?? (scheme == "https" ? 443 : 80))"
    }
}
