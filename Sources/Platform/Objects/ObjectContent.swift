internal import Crypto

/// Bytes to be stored, whose digest is known before they are sent.
package struct ObjectContent: Sendable {
    /// Returns up to the given count of bytes from a position on; fewer only at the end.
    package typealias Reader = @Sendable (_ start: Int, _ count: Int) async throws -> [UInt8]

    package let size: Int
    /// SHA-256.
    package let digest: [UInt8]
    /// A file that has these bytes; nil if there is none.
    let file: String?
    let read: Reader

    static let pieceSize = 256 << 10

    package init(_ bytes: [UInt8]) {
        self.size = bytes.count
        self.digest = sha256(bytes)
        self.file = nil
        self.read = { start, count in Array(bytes[start..<min(start + count, bytes.count)]) }
    }

    /// A file that does not change any more, neither now nor later: a store on the same file system may share it.
    ///
    /// - Parameter digest: SHA-256.
    package init(file path: String, size: Int, digest: [UInt8]) {
        let file = LocalFile(reading: path)
        self.size = size
        self.digest = digest
        self.file = path
        self.read = { start, count in try await file.read(at: start, upTo: count) }
    }

    /// As ``init(file:size:digest:)``, of a file that is read once to learn both.
    package init(file path: String) async throws {
        let file = LocalFile(reading: path)
        try await self.init(size: try await file.size(), file: path) { start, count in
            try await file.read(at: start, upTo: count)
        }
    }

    /// Bytes that are read twice: first for their digest.
    package init(size: Int, read: @escaping Reader) async throws {
        try await self.init(size: size, file: nil, read: read)
    }

    private init(size: Int, file: String?, read: @escaping Reader) async throws {
        let digest = SHA256()
        var start = 0
        while start < size {
            let piece = try await read(start, min(Self.pieceSize, size - start))
            guard !piece.isEmpty else { break }
            digest.update(piece)
            start += piece.count
        }
        guard start == size else {
            throw ObjectStoreError(.damaged, "what is to be stored became shorter while it was read")
        }
        self.size = size
        self.digest = digest.finish()
        self.file = file
        self.read = read
    }

    /// Passes everything on in pieces.
    func forEach(_ body: ([UInt8]) async throws -> Void) async throws {
        var start = 0
        while start < self.size {
            let piece = try await self.read(start, min(Self.pieceSize, self.size - start))
            guard !piece.isEmpty else {
                throw ObjectStoreError(.damaged, "what is to be stored became shorter while it was read")
            }
            try await body(piece)
            start += piece.count
        }
    }
}
