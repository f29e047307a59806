/// Reads the size of a picture.
enum TelegramPicture {
    /// Width and height of a PNG or GIF; a JPEG or WebP is only recognised.
    static func size(of bytes: [UInt8]) throws(TelegramRefusal) -> (width: Int, height: Int) {
        var size = (width: 800, height: 600)
        if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]), bytes.count >= 24 {
            let number = { (place: Int) in bytes[place..<(place + 4)].reduce(0) { $0 << 8 | Int($1) } }
            size = (number(16), number(20))
        } else if bytes.starts(with: Array("GIF8".utf8)), bytes.count >= 10 {
            size = (Int(bytes[6]) | Int(bytes[7]) << 8, Int(bytes[8]) | Int(bytes[9]) << 8)
        } else if !bytes.starts(with: [0xFF, 0xD8, 0xFF]), !bytes.starts(with: Array("RIFF".utf8)) {
            throw .bad("IMAGE_PROCESS_FAILED")
        }
        guard size.width > 0, size.height > 0, size.width + size.height <= 10_000,
            max(size.width, size.height) <= 20 * min(size.width, size.height)
        else { throw .bad("PHOTO_INVALID_DIMENSIONS") }
        return size
    }
}
