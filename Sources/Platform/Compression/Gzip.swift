internal import CZlib

/// Compresses a stream as a gzip file (RFC 1952), piece by piece.
@safe package struct Gzip: ~Copyable {
    private let stream: UnsafeMutablePointer<z_stream>
    private static let pieceSize = 64 << 10
    /// Of bytes that the library takes at once: it counts them in 32 bits.
    private static let largestInput = 1 << 30

    /// What each fast file begins with: neither a name nor a time.
    package static let fastHeader: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 4, 3]

    /// - Parameter isFast: Compresses a little less in a third of the time.
    package init(isFast: Bool = false) {
        unsafe self.stream = .allocate(capacity: 1)
        unsafe self.stream.initialize(to: z_stream())
        // Fails only when out of memory or with another version of the library than that of the header.
        precondition(
            unsafe czlib_gzip_init(self.stream, isFast ? Z_BEST_SPEED : Z_DEFAULT_COMPRESSION) == Z_OK,
            "zlib failed to start")
    }

    deinit {
        unsafe deflateEnd(self.stream)
        unsafe self.stream.deallocate()
    }

    /// The gzip file of some bytes.
    package static func bytes(of bytes: [UInt8]) -> [UInt8] {
        var gzip = Gzip()
        var compressed: [UInt8] = []
        do {
            try gzip.compress(bytes) { compressed += $0 }
            try gzip.finish { compressed += $0 }
        } catch {
            preconditionFailure("nothing here throws")
        }
        return compressed
    }

    /// Passes what is compressed so far to `write`, in pieces of at most 64 KiB.
    package mutating func compress(_ bytes: [UInt8], _ write: ([UInt8]) throws -> Void) throws {
        try self.run(bytes, Z_NO_FLUSH, write)
    }

    /// Passes the rest to `write`. Nothing can be compressed afterwards.
    package mutating func finish(_ write: ([UInt8]) throws -> Void) throws {
        try self.run([], Z_FINISH, write)
    }

    private func run(_ bytes: [UInt8], _ flush: Int32, _ write: ([UInt8]) throws -> Void) throws {
        var bytes = bytes
        let total = bytes.count
        try unsafe bytes.withUnsafeMutableBufferPointer { input in
            var start = 0
            repeat {
                let count = min(total - start, Self.largestInput)
                unsafe self.stream.pointee.next_in = input.baseAddress?.advanced(by: start)
                unsafe self.stream.pointee.avail_in = UInt32(count)
                start += count
                try self.deflateInput(start == total ? flush : Z_NO_FLUSH, write)
            } while start < total
        }
    }

    private func deflateInput(_ flush: Int32, _ write: ([UInt8]) throws -> Void) throws {
        var isFull = true
        while isFull {
            var piece = [UInt8](repeating: 0, count: Self.pieceSize)
            let left = unsafe piece.withUnsafeMutableBufferPointer { output in
                unsafe self.stream.pointee.next_out = output.baseAddress
                unsafe self.stream.pointee.avail_out = UInt32(output.count)
                let status = unsafe deflate(self.stream, flush)
                // Any other result means that the stream was misused or overwritten.
                precondition([Z_OK, Z_STREAM_END, Z_BUF_ERROR].contains(status), "zlib failed: \(status)")
                return unsafe Int(self.stream.pointee.avail_out)
            }
            if left < piece.count { try write(Array(piece[..<(piece.count - left)])) }
            isFull = left == 0
        }
    }
}
