/// Whether a file is text, as Git decides it, and what else it is.
enum TextKind {
    static func isBinary(_ bytes: [UInt8]) -> Bool { bytes.prefix(8_000).contains(0) }

    /// For people and models: `PNG image`.
    static func name(of bytes: [UInt8]) -> String {
        let kinds: [(start: [UInt8], name: String)] = [
            ([0x89, 0x50, 0x4E, 0x47], "PNG image"), ([0xFF, 0xD8, 0xFF], "JPEG image"),
            (Array("GIF8".utf8), "GIF image"), (Array("%PDF".utf8), "PDF document"),
            ([0x7F, 0x45, 0x4C, 0x46], "ELF program"), ([0x1F, 0x8B], "gzip archive"),
            ([0x50, 0x4B, 0x03, 0x04], "ZIP archive"), (Array("SQLite format 3".utf8), "SQLite database"),
            ([0x28, 0xB5, 0x2F, 0xFD], "zstd archive"), ([0x00, 0x61, 0x73, 0x6D], "WebAssembly module"),
            ([0xCA, 0xFE, 0xBA, 0xBE], "Java class"), (Array("RIFF".utf8), "RIFF media"),
        ]
        return kinds.first { bytes.starts(with: $0.start) }?.name ?? "binary file"
    }
}
