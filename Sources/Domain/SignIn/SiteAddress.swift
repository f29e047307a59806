/// Addresses of this site.
package enum SiteAddress {
    /// In bytes.
    private static let limit = 2_000

    /// A path of this site with its query and fragment; nil for everything that a browser might take for another site's
    /// address. Browsers read a backslash as a slash, and drop control characters.
    package static func path(_ text: String?) -> String? {
        guard let text, text.utf8.count <= Self.limit, text.hasPrefix("/"), !text.hasPrefix("//"),
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") })
        else { return nil }
        return text
    }
}
