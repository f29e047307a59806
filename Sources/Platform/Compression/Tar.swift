/// The headers of a tar file in the format `pax` (POSIX.1-2017, `pax` utility): ustar, with extended headers for what does
/// not fit. Everything belongs to user and group 0, so that nobody's name or number is in it.
package enum Tar {
    package static let blockSize = 512
    /// A file ends with two empty blocks.
    package static let end = [UInt8](repeating: 0, count: 2 * Self.blockSize)

    /// What the type byte says.
    package enum Kind: UInt8, Sendable {
        case file = 0x30
        case link = 0x32
        case folder = 0x35
        case extended = 0x78
    }

    /// The header of an entry, preceded by an extended one if needed. `size` is that of a file's content.
    package static func header(
        _ kind: Kind, path: [UInt8], target: [UInt8] = [], mode: Int, size: Int = 0, modified: Int64
    ) -> [UInt8] {
        let slash = UInt8(ascii: "/")
        let path = kind == .folder && path.last != slash ? path + [slash] : path
        var records: [UInt8] = []
        if !Self.fits(path) { records += Self.record("path", path) }
        if !Self.fits(target) { records += Self.record("linkpath", target) }
        if size > Self.largestSize { records += Self.record("size", Array("\(size)".utf8)) }
        if !(0...Int64(Self.largestSize)).contains(modified) {
            records += Self.record("mtime", Array("\(modified)".utf8))
        }
        let plain = Self.block(kind, path: path, target: target, mode: mode, size: size, modified: modified)
        if records.isEmpty { return plain }
        let extended = Self.block(
            .extended, path: Array("PaxHeaders/entry".utf8), target: [], mode: 0o600, size: records.count, modified: 0)
        return extended + records + Self.padding(records.count) + plain
    }

    /// Zeros up to the next block.
    package static func padding(_ size: Int) -> [UInt8] {
        [UInt8](repeating: 0, count: (Self.blockSize - size % Self.blockSize) % Self.blockSize)
    }

    /// Eleven octal digits.
    private static let largestSize = 1 << 33 - 1
    private static let nameLength = 100

    /// Other bytes than ASCII have no meaning in ustar. `prefix` is not used: extended headers do the same, and more.
    private static func fits(_ text: [UInt8]) -> Bool {
        text.count <= Self.nameLength && text.allSatisfy { (0x20..<0x7F).contains($0) }
    }

    /// `LENGTH KEY=VALUE` and a line feed; the length includes its own digits.
    private static func record(_ key: String, _ value: [UInt8]) -> [UInt8] {
        let rest = Array(" \(key)=".utf8) + value + [UInt8(ascii: "\n")]
        var length = rest.count
        while "\(length)".utf8.count + rest.count != length { length = "\(length)".utf8.count + rest.count }
        return Array("\(length)".utf8) + rest
    }

    private static func block(
        _ kind: Kind, path: [UInt8], target: [UInt8], mode: Int, size: Int, modified: Int64
    ) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: Self.blockSize)
        func put(_ bytes: some Sequence<UInt8>, at start: Int, _ length: Int) {
            for (index, byte) in bytes.prefix(length).enumerated() { block[start + index] = byte }
        }
        func octal(_ value: Int) -> [UInt8] {
            let digits = String(value, radix: 8)
            return Array((String(repeating: "0", count: max(0, 11 - digits.utf8.count)) + digits).utf8)
        }
        put(path, at: 0, Self.nameLength)
        put(octal(mode & 0o7777).suffix(7), at: 100, 7)
        put(octal(0).suffix(7), at: 108, 7)
        put(octal(0).suffix(7), at: 116, 7)
        put(octal(size > Self.largestSize ? 0 : size), at: 124, 11)
        put(octal(Int(min(max(modified, 0), Int64(Self.largestSize)))), at: 136, 11)
        block[156] = kind.rawValue
        put(target, at: 157, Self.nameLength)
        put("ustar\u{0}00".utf8, at: 257, 8)
        // The checksum counts its own field as blanks.
        put([UInt8](repeating: 0x20, count: 8), at: 148, 8)
        let sum = block.reduce(0) { $0 + Int($1) }
        put(octal(sum).suffix(6) + [0, 0x20], at: 148, 8)
        return block
    }
}
