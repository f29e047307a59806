/// What matters of a tag's attributes.
struct HTMLAttributes {
    /// The address of a link, as it is written; empty for none.
    var link = 0..<0
    var isHidden = false
    var weight = 0

    /// Returns the index after the tag's end.
    mutating func read(_ bytes: [UInt8], from start: Int) -> Int {
        var index = start
        while index < bytes.count, bytes[index] != UInt8(ascii: ">") {
            guard !Self.isSpace(bytes[index]), bytes[index] != UInt8(ascii: "/") else {
                index += 1
                continue
            }
            let name = index
            index += 1
            while index < bytes.count, !Self.isSpace(bytes[index]), !"=>/".utf8.contains(bytes[index]) { index += 1 }
            let names = name..<index
            var next = index
            while next < bytes.count, Self.isSpace(bytes[next]) { next += 1 }
            var value = 0..<0
            if next < bytes.count, bytes[next] == UInt8(ascii: "=") {
                index = next + 1
                while index < bytes.count, Self.isSpace(bytes[index]) { index += 1 }
                value = Self.value(bytes, &index)
            }
            if names.count <= 11 {
                self.note(Self.lowered(bytes[names]), value, in: bytes)
            }
        }
        return min(index + 1, bytes.count)
    }

    private static func value(_ bytes: [UInt8], _ index: inout Int) -> Range<Int> {
        guard index < bytes.count else { return 0..<0 }
        let quote = bytes[index]
        if quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
            let start = index + 1
            let end = bytes[start...].firstIndex(of: quote) ?? bytes.count
            index = min(end + 1, bytes.count)
            return start..<end
        }
        let start = index
        while index < bytes.count, !Self.isSpace(bytes[index]), bytes[index] != UInt8(ascii: ">") { index += 1 }
        return start..<index
    }

    private mutating func note(_ name: String, _ value: Range<Int>, in bytes: [UInt8]) {
        var text: String { Self.lowered(bytes[value].prefix(200)) }
        switch name {
        case "href": self.link = value
        case "hidden": self.isHidden = true
        case "aria-hidden": if text == "true" { self.isHidden = true }
        case "style":
            let style = text.filter { $0 != " " }
            if style.contains("display:none") || style.contains("visibility:hidden") { self.isHidden = true }
        case "class", "id", "role":
            let text = text
            if Self.main.contains(where: text.contains) { self.weight += 25 }
            if Self.aside.contains(where: text.contains) { self.weight -= 25 }
        default: break
        }
    }

    /// Words of names that pages give to their main text, and to what is around it; after Mozilla's Readability.
    private static let main = ["article", "content", "entry", "main", "post", "story", "text", "blog"]
    private static let aside = [
        "sidebar", "footer", "comment", "menu", "nav", "banner", "cookie", "share", "social", "related", "sponsor",
        "promo",
        "breadcrumb", "pagination", "popup", "widget", "newsletter", "advert", "outbrain", "masthead",
    ]

    private static func lowered(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes.map { 0x41...0x5A ~= $0 ? $0 | 0x20 : $0 }, as: UTF8.self)
    }

    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || 0x09...0x0D ~= byte }
}
