internal import Crypto

/// An object's bytes as they are read. Readable once; what is not read is not fetched.
package struct ObjectBytes: AsyncSequence, Sendable {
    package typealias Element = [UInt8]

    /// Of the whole object, also where only a range is read.
    package let size: Int
    fileprivate let next: @Sendable () async throws -> [UInt8]?

    /// - Parameter next: Returns the next piece, and nil at the end.
    init(size: Int, next: @escaping @Sendable () async throws -> [UInt8]?) {
        self.size = size
        self.next = next
    }

    package func makeAsyncIterator() -> Iterator { Iterator(bytes: self) }

    package struct Iterator: AsyncIteratorProtocol {
        fileprivate let bytes: ObjectBytes

        package mutating func next() async throws -> [UInt8]? { try await self.bytes.next() }
    }

    /// All bytes, at most `limit`.
    package func collect(upTo limit: Int) async throws -> [UInt8] {
        var collected: [UInt8] = []
        for try await piece in self {
            guard piece.count <= limit - collected.count else {
                throw ObjectStoreError(.refused, "an object is larger than \(limit) bytes")
            }
            collected += piece
        }
        return collected
    }

    /// Writes them into a file that nobody else sees until it is complete, and replaces one that is there. Returns its size
    /// and its SHA-256.
    package func save(to path: String) async throws -> (size: Int, digest: [UInt8]) {
        let file = try await LocalFile(draftOf: path)
        let digest = SHA256()
        var size = 0
        do {
            for try await piece in self {
                try await file.append(piece)
                digest.update(piece)
                size += piece.count
            }
            try await file.complete()
        } catch {
            await file.discard()
            throw error
        }
        return (size, digest.finish())
    }
}
