/// The size of an image, as its file's beginning says it. Pure.
package struct ImagePixels: Sendable, Equatable {
    package let width: Int
    package let height: Int

    /// Their number. A file may claim sides of 32 bits each, whose product has no room in an `Int`.
    package var count: Int {
        let (count, isTooLarge) = self.width.multipliedReportingOverflow(by: self.height)
        return isTooLarge ? .max : count
    }

    /// Nil when the beginning does not say it: photos may have much else before it.
    package init?(_ type: FileType, head: [UInt8]) {
        let size: (Int, Int)? =
            switch type {
            case .png: Self.png(head)
            case .gif: Self.little(head, at: 6).flatMap { width in Self.little(head, at: 8).map { (width, $0) } }
            case .jpeg: Self.jpeg(head)
            case .webp: Self.webp(head)
            default: nil
            }
        guard let (width, height) = size, width > 0, height > 0 else { return nil }
        self.width = width
        self.height = height
    }

    private static func png(_ head: [UInt8]) -> (Int, Int)? {
        guard head.count >= 24, head[12..<16].elementsEqual("IHDR".utf8),
            let width = self.big(head, at: 16, count: 4), let height = self.big(head, at: 20, count: 4)
        else { return nil }
        return (width, height)
    }

    /// Segments follow each other, each with its length; a frame's header has the size.
    private static func jpeg(_ head: [UInt8]) -> (Int, Int)? {
        var place = 2
        while place + 4 <= head.count, head[place] == 0xFF {
            let mark = head[place + 1]
            if mark == 0xFF {
                place += 1
                continue
            }
            if (0xC0...0xCF).contains(mark), ![0xC4, 0xC8, 0xCC].contains(mark) {
                guard let height = self.big(head, at: place + 5, count: 2),
                    let width = self.big(head, at: place + 7, count: 2)
                else { return nil }
                return (width, height)
            }
            guard let length = self.big(head, at: place + 2, count: 2), length >= 2 else { return nil }
            place += 2 + length
        }
        return nil
    }

    private static func webp(_ head: [UInt8]) -> (Int, Int)? {
        guard head.count >= 30 else { return nil }
        switch String(decoding: head[12..<16], as: UTF8.self) {
        case "VP8 ":
            guard let width = self.little(head, at: 26), let height = self.little(head, at: 28) else { return nil }
            return (width & 0x3FFF, height & 0x3FFF)
        case "VP8L":
            let bits = (0..<4).reduce(0) { $0 | Int(head[21 + $1]) << (8 * $1) }
            return (bits & 0x3FFF + 1, bits >> 14 & 0x3FFF + 1)
        case "VP8X":
            let width = (0..<3).reduce(0) { $0 | Int(head[24 + $1]) << (8 * $1) }
            let height = (0..<3).reduce(0) { $0 | Int(head[27 + $1]) << (8 * $1) }
            return (width + 1, height + 1)
        default: return nil
        }
    }

    private static func big(_ bytes: [UInt8], at place: Int, count: Int) -> Int? {
        guard place + count <= bytes.count else { return nil }
        return bytes[place..<(place + count)].reduce(0) { $0 << 8 | Int($1) }
    }

    private static func little(_ bytes: [UInt8], at place: Int) -> Int? {
        guard place + 2 <= bytes.count else { return nil }
        return Int(bytes[place]) | Int(bytes[place + 1]) << 8
    }
}

/// What a camera notes in an image. Pure.
enum ImageNotes {
    /// Whether a file that begins with `head` has notes, by the marks of Exif and XMP.
    static func areIn(_ head: [UInt8], of type: FileType) -> Bool {
        switch type {
        case .jpeg: Self.contains(head, "Exif\0") || Self.contains(head, "http://ns.adobe.com/xap/")
        case .png: Self.contains(head, "eXIf") || Self.contains(head, "XML:com.adobe.xmp")
        // They are at the end, and its header says so.
        case .webp: head.count > 20 && head[12..<16].elementsEqual("VP8X".utf8) && head[20] & 0x0C != 0
        default: false
        }
    }

    private static func contains(_ bytes: [UInt8], _ mark: String) -> Bool {
        let mark = Array(mark.utf8)
        guard bytes.count >= mark.count else { return false }
        return (0...(bytes.count - mark.count)).contains { start in
            bytes[start] == mark[0] && bytes[start..<(start + mark.count)].elementsEqual(mark)
        }
    }
}
