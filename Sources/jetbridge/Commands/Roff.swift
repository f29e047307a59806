internal import Host

/// Pieces of manual pages in the language of man(7).
enum Roff {
    static func title(_ name: String, section: Int) -> String {
        let kind = section == 1 ? "User Commands" : "File Formats"
        return ".TH \(self.text(name)) \(section) \"\" \"Jetbridge \(Release.version)\" \"\(kind)\""
    }

    static func item(_ name: String, _ text: String) -> [String] {
        [".TP", ".B \"\(self.text(name))\"", self.text(text)]
    }

    /// Text in which nothing is a request or an escape of roff, in ASCII. A hyphen would become a typographic one, which
    /// cannot be copied into a shell.
    static func text(_ text: String) -> String {
        let escaped = text.unicodeScalars.map { scalar -> String in
            switch scalar {
            case "\\": return "\\e"
            case "-": return "\\-"
            case "\"": return "\\(dq"
            default:
                let hex = String(scalar.value, radix: 16, uppercase: true)
                return scalar.isASCII
                    ? String(scalar) : "\\[u\(String(repeating: "0", count: max(0, 4 - hex.count)))\(hex)]"
            }
        }.joined()
        return escaped.hasPrefix(".") || escaped.hasPrefix("'") ? "\\&" + escaped : escaped
    }
}
