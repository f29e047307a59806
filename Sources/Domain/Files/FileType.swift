/// The type of a file by its first bytes, whatever its name or sender claims. Pure.
package enum FileType: String, Sendable, CaseIterable {
    case png = "image/png"
    case jpeg = "image/jpeg"
    case gif = "image/gif"
    case webp = "image/webp"
    case heic = "image/heic"
    case avif = "image/avif"
    case tiff = "image/tiff"
    case bitmap = "image/bmp"
    case pdf = "application/pdf"
    case rtf = "application/rtf"
    /// Also the format of office documents.
    case zip = "application/zip"
    /// The format of Office before 2007, and of encrypted documents since.
    case compound = "application/x-ole-storage"
    case gzip = "application/gzip"
    case ogg = "audio/ogg"
    case mp4 = "video/mp4"
    case html = "text/html"
    case text = "text/plain"
    case binary = "application/octet-stream"

    /// The number of bytes of a file that are examined.
    package static let headLength = 1_024

    package var mediaType: String { self.rawValue }

    /// Whether models and browsers show it as an image.
    package var isImage: Bool { [.png, .jpeg, .gif, .webp].contains(self) }

    /// Whether it can be read as UTF-8.
    package var isText: Bool { self == .text || self == .html }

    /// The type of a file that begins with `head`.
    package static func sniff(_ head: [UInt8]) -> FileType {
        let isCut = head.count > Self.headLength
        let head = head.prefix(Self.headLength)
        for (type, offset, signature) in Self.signatures where head.dropFirst(offset).starts(with: signature) {
            return type
        }
        if head.starts(with: Array("RIFF".utf8)), head.dropFirst(8).starts(with: Array("WEBP".utf8)) { return .webp }
        // The size of the header that follows the file's own.
        if head.starts(with: Array("BM".utf8)), head.count > 17, [0x28, 0x6C, 0x7C].contains(head[14]), head[15] == 0 {
            return .bitmap
        }
        if head.dropFirst(4).starts(with: Array("ftyp".utf8)) { return Self.media(brand: head.dropFirst(8).prefix(4)) }
        guard Self.isText(head, isCut: isCut) else { return .binary }
        return Self.isPage(head) ? .html : .text
    }

    private static let signatures: [(FileType, offset: Int, [UInt8])] = [
        (.png, 0, [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]),
        (.jpeg, 0, [0xFF, 0xD8, 0xFF]),
        (.gif, 0, Array("GIF8".utf8)),
        (.pdf, 0, Array("%PDF-".utf8)),
        (.zip, 0, [0x50, 0x4B, 0x03, 0x04]), (.zip, 0, [0x50, 0x4B, 0x05, 0x06]),
        (.gzip, 0, [0x1F, 0x8B]),
        (.ogg, 0, Array("OggS".utf8)),
        (.rtf, 0, Array("{\\rtf".utf8)),
        (.tiff, 0, [0x49, 0x49, 0x2A, 0x00]), (.tiff, 0, [0x4D, 0x4D, 0x00, 0x2A]),
        (.compound, 0, [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]),
    ]

    /// Phones name their pictures as they like, but the file says what it is.
    private static func media(brand: ArraySlice<UInt8>) -> FileType {
        switch String(decoding: brand, as: UTF8.self) {
        case "heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1": .heic
        case "avif", "avis": .avif
        default: .mp4
        }
    }

    /// UTF-8 without control characters other than white space; if the file is longer, the last character may be cut.
    private static func isText(_ head: ArraySlice<UInt8>, isCut: Bool) -> Bool {
        guard !head.contains(where: { $0 < 0x20 && ![0x09, 0x0A, 0x0C, 0x0D, 0x1B].contains($0) }) else { return false }
        // Without the bytes of a cut character the rest must be valid.
        for cut in 0...(isCut ? 3 : 0) where String(validating: head.dropLast(cut), as: UTF8.self) != nil {
            return true
        }
        return false
    }

    private static func isPage(_ head: ArraySlice<UInt8>) -> Bool {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let body = (head.starts(with: mark) ? head.dropFirst(3) : head).drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
        let start = String(decoding: body.prefix(16), as: UTF8.self).lowercased()
        return start.hasPrefix("<!doctype html") || start.hasPrefix("<html") || start.hasPrefix("<head")
    }
}

extension FileType {
    /// Whether a file of this type contradicts its name or claimed type: a platform that wants a login sends a web
    /// page.
    package func contradicts(name: String, mediaType: String?) -> Bool {
        guard self == .html else { return false }
        let type = mediaType?.lowercased() ?? ""
        if ["image/", "audio/", "video/"].contains(where: { type.hasPrefix($0) }) || type == "application/pdf" {
            return true
        }
        let ending = name.lowercased().split(separator: ".").last.map(String.init) ?? ""
        return name.contains(".") && ["png", "jpg", "jpeg", "gif", "webp", "pdf"].contains(ending)
    }

    /// The type to report: the claimed one where the bytes leave it open.
    package func told(claimed: String?) -> String {
        guard [.zip, .text, .binary].contains(self), let claimed,
            claimed.utf8.count <= 100,
            claimed.utf8.allSatisfy({
                ($0 >= 0x61 && $0 <= 0x7A) || ($0 >= 0x30 && $0 <= 0x39) || "/.+-".utf8.contains($0)
            }),
            claimed.contains("/"), claimed != Self.html.rawValue
        else { return self.mediaType }
        return claimed
    }
}
